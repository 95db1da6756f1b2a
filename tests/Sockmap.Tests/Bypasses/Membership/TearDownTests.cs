using System.Net.Sockets;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>The ways in which a socket leaves a SOCKHASH, and what the other end sees of each.</summary>
public sealed class TearDownTests
{
    private static readonly byte[] Unread = [1, 2, 3];

    [Theory]
    [EachVariant]
    public void ClosingASocketLetsTheOtherEndReadWhatWasSentAndThenTheEnd(BypassVariant variant)
    {
        using Scene scene = new(variant);
        scene.Connection.Client.Send(Unread);

        scene.Connection.Client.Close();

        Assert.Equal(Unread, LocalConnection.Read(scene.Connection.Server, Unread.Length));
        Assert.Equal(0, scene.Connection.Server.Receive(new byte[1]));
        Assert.Equal(3UL, scene.Bypass.Status.BytesRedirected);
        scene.Connection.Server.Close();
        Assert.True(Patience.Until(() => scene.Bypass.Entries.Count == 0));
    }

    [Theory]
    [EachVariant]
    public void DisconnectingASocketResetsTheOtherEnd(BypassVariant variant)
    {
        using Scene scene = new(variant);
        scene.Exchange();

        Reconnection.Reconnect(scene.Connection.Client, scene.Listener.LocalEndPoint!);

        SocketException seen = Assert.Throws<SocketException>(() => scene.Connection.Server.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, seen.SocketErrorCode);
    }

    [Theory]
    [EachVariant]
    public void TakingTheReadersEntryOutByHandLosesWhatItHasNotReadAndTheConnectionGoesOn(BypassVariant variant)
    {
        using Scene scene = new(variant);
        scene.Connection.Client.Send(Unread);
        using BpfMap sockHash = BpfMap.OpenPinned(Path.Combine(scene.Bypass.Folder, "sockhash"));

        Assert.True(sockHash.TryDelete(scene.KeyOfServer()));
        scene.Connection.Client.Send([4]);

        Assert.Equal([4], LocalConnection.Read(scene.Connection.Server, 1));
        Assert.Equal(1UL, scene.Bypass.Status.BytesOverTcp);
    }

    [Theory]
    [EachVariant]
    public void TakingTheWritersEntryOutByHandLosesNothing(BypassVariant variant)
    {
        using Scene scene = new(variant);
        scene.Connection.Client.Send(Unread);
        using BpfMap sockHash = BpfMap.OpenPinned(Path.Combine(scene.Bypass.Folder, "sockhash"));

        Assert.True(sockHash.TryDelete(scene.KeyOfServer().Mirror));
        scene.Connection.Client.Send([4]);

        Assert.Equal([1, 2, 3, 4], LocalConnection.Read(scene.Connection.Server, 4));
    }

    [Theory]
    [EachVariant]
    public void FreeingTheMapsPinsLosesNothingAsSocketsHoldTheMap(BypassVariant variant)
    {
        using Scene scene = new(variant);
        scene.Connection.Client.Send(Unread);
        string folder = scene.Bypass.Folder;
        foreach (string pin in Directory.GetFiles(folder))
        {
            File.Delete(pin);
        }

        Directory.Delete(folder);
        scene.Connection.Client.Send([4]);

        Assert.Equal([1, 2, 3, 4], LocalConnection.Read(scene.Connection.Server, 4));
        scene.Exchange();
    }

    private sealed class Scene : IDisposable
    {
        private readonly CgroupVisit _visit;

        public Scene(BypassVariant variant)
        {
            Bypass = new InstalledBypass();
            Bypass.Install(settings => settings with { Variant = variant });
            _visit = CgroupVisit.To(Bypass.Cgroup);
            Listener = LocalConnection.Listen();
            Connection = new LocalConnection(Listener);
        }

        public InstalledBypass Bypass { get; }

        public Socket Listener { get; }

        public LocalConnection Connection { get; }

        public void Exchange()
        {
            Connection.Client.Send([1]);
            Assert.Equal([1], LocalConnection.Read(Connection.Server, 1));
            Connection.Server.Send([2]);
            Assert.Equal([2], LocalConnection.Read(Connection.Client, 1));
        }

        public EntryKey KeyOfServer()
        {
            using BpfMap sockHash = BpfMap.OpenPinned(Path.Combine(Bypass.Folder, "sockhash"));
            return sockHash.EnumerateKeys<EntryKey>().Single(key => key.RemotePort == Connection.ClientPort);
        }

        public void Dispose()
        {
            Connection.Dispose();
            Listener.Dispose();
            _visit.Dispose();
            Bypass.Dispose();
        }
    }
}
