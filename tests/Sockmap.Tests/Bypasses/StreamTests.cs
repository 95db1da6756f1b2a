using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Statistics;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>Sockets whose messages TCP carries better leave by themselves, and nothing of what is sent is lost by that.</summary>
public sealed class StreamTests
{
    [Theory]
    [EachVariant]
    public void ASocketThatIsBetterOffOnTcpLeavesWithoutLosingAByteAndCanBeAddedAgain(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant, KeepSockets = false });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        Exchange(connection);
        Assert.Equal(2UL, bypass.Status.MessagesRedirected);

        // What the server sends now waits in the client, which cannot leave before that was read.
        connection.Server.Send("unread"u8);
        Change(bypass, connection.Client, static state => state with { Flags = state.Flags | EntryFlags.BetterOnTcp });
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("over TCP", Pass(connection.Client, connection.Server, "over TCP"));
        }

        Assert.Equal(2, bypass.Entries.Count);
        Assert.Equal("unread"u8.ToArray(), LocalConnection.Read(connection.Client, 6));
        LeaveWhileTalking(bypass, connection);

        Assert.Equal(connection.ClientPort, Assert.Single(bypass.Entries).RemotePort);
        Assert.Equal(1UL, Whole(bypass).SocketsLeft);
        ulong redirected = bypass.Status.BytesRedirected;
        Exchange(connection);
        Assert.Equal(redirected, bypass.Status.BytesRedirected);

        bypass.AddAll();
        Assert.Equal(2, bypass.Entries.Count);
        Assert.True(Patience.Until(() =>
        {
            Exchange(connection);
            return bypass.Entries.All(entry => entry.Path == EntryPath.Redirected);
        }));
    }

    [Fact]
    public void ASocketWhosePeerNeverComesLeavesInTheEnd()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { KeepSockets = false });
        using Socket listener = LocalConnection.Listen();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        server.ReceiveTimeout = 10_000;

        // The accepted socket is of its listener's cgroup.
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, Assert.Single(bypass.Entries).LocalPort);
        Change(bypass, client, static state => state with { Misses = 1 << 16, JoinedAt = 1 });
        Assert.True(Patience.Until(() =>
        {
            Assert.Equal("anybody?", Pass(client, server, "anybody?"));
            return bypass.Entries.Count == 0;
        }));

        Assert.Equal(1UL, Whole(bypass).SocketsLeft);
        Assert.Equal("still here", Pass(client, server, "still here"));
    }

    [Theory]
    [EachVariant]
    public void AStreamOfSmallMessagesOnOneCpuIsTriedOverTcpAndLeaves(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant, KeepSockets = false });
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.UpOnly,
            BytesUp = TrafficOptions.UntilStopped,
            WriteSizeUp = WriteSizes.Parse("64"),
            TimeoutMs = 120_000,
        }));
        streams.WaitUntilConnected();
        foreach (TrafficProcess process in (TrafficProcess[])[streams.Server, streams.Client])
        {
            Tool.Run("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", process.Id.ToString(CultureInfo.InvariantCulture)], string.Empty);
        }

        Assert.True(Patience.Until(() => Whole(bypass).SocketsLeft > 0, TimeSpan.FromSeconds(60)), $"{Whole(bypass)}");

        SockmapStatistics whole = Whole(bypass);
        Assert.True(whole.BytesRedirected > 0 && whole.TcpStream > 0, $"{whole}");
        Assert.True(streams.Stop().BytesUp > 0);
    }

    private static SockmapStatistics Whole(InstalledBypass bypass) => bypass.Manager.GetStatistics(BypassSettings.DefaultName).Single();

    private static void Exchange(LocalConnection connection)
    {
        Assert.Equal("ping", Pass(connection.Client, connection.Server, "ping"));
        Assert.Equal("pong", Pass(connection.Server, connection.Client, "pong"));
    }

    private static void LeaveWhileTalking(InstalledBypass bypass, LocalConnection connection) =>
        Assert.True(Patience.Until(() =>
        {
            Exchange(connection);
            return bypass.Entries.Count == 1;
        }));

    private static string Pass(Socket from, Socket to, string text)
    {
        from.Send(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetString(LocalConnection.Read(to, text.Length));
    }

    private static void Change(InstalledBypass bypass, Socket socket, Func<EntryState, EntryState> change)
    {
        using BpfMap storage = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "storage"));
        int descriptor = (int)socket.Handle;
        Assert.True(storage.TryLookup(descriptor, out EntryState state));
        storage.Update(descriptor, change(state));
    }
}
