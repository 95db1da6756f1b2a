using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Entries;
using Sockmap.Sockets;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Support;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Sockets;

public sealed class SocketHoldersTests
{
    private static readonly TrafficOptions s_idle = new() { HoldSending = true, Connections = 3 };

    [Theory]
    [InlineData(SocketFamily.V4)]
    [InlineData(SocketFamily.V6)]
    [InlineData(SocketFamily.MappedServer)]
    [InlineData(SocketFamily.MappedBoth)]
    public void BothWaysTellTheSameOfTheSocketsOfOtherProcesses(SocketFamily family)
    {
        using TestCgroup cgroup = TestCgroup.Create();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(cgroup, s_idle with { Family = family }));
        IReadOnlyList<int> ports = streams.Client.ConnectedPorts;
        int[] processes = [streams.Server.Id, streams.Client.Id];

        Assert.True(Patience.Until(() => Listing.Held(SocketSource.Iterator, processes).Count == 6));
        List<HeldSocket> iterated = Listing.Held(SocketSource.Iterator, processes);

        Assert.Equal(iterated.Select(Listing.Common), Listing.Held(SocketSource.Proc, processes));
        Assert.Equal(ports.Order(), iterated.Where(socket => socket.ProcessId == streams.Client.Id).Select(socket => socket.LocalPort).Order());
        IPAddress loopback = family == SocketFamily.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        ulong cgroupId = CgroupIdOf(cgroup.Path);
        Assert.All(iterated, socket =>
        {
            Assert.Equal(SocketState.Established, socket.State);
            Assert.Equal(loopback, socket.LocalAddress);
            Assert.Equal(loopback, socket.RemoteAddress);
            Assert.Equal(cgroupId, socket.CgroupId);
            Assert.NotEqual(0UL, socket.Cookie);
            Assert.NotEqual(0UL, socket.NetworkNamespaceCookie);
            Assert.False(socket.IsInSockmap);
            Assert.False(socket.HasUpperProtocol);
            Assert.Equal($"net:[{socket.NetworkNamespace}]", new FileInfo("/proc/self/ns/net").LinkTarget);
            Assert.Equal($"socket:[{socket.Inode}]", new FileInfo($"/proc/{socket.ProcessId}/fd/{socket.Descriptor}").LinkTarget);
            Assert.Equal(File.ReadAllText($"/proc/{socket.ProcessId}/comm").TrimEnd('\n'), socket.ProcessName);
        });
    }

    [Fact]
    public void BothWaysTellTheSameOfAnotherNetworkNamespace()
    {
        Assert.SkipWhen(Machine.MissingForNamespaces is not null, Machine.MissingForNamespaces ?? string.Empty);
        using NetworkNamespacePair pair = NetworkNamespacePair.Create();
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_idle with { Address = pair.RightV4 },
            ClientNamespace = pair.Left,
            ServerNamespace = pair.Right,
        });
        _ = streams.Client.ConnectedPorts;
        int[] processes = [streams.Server.Id, streams.Client.Id];
        Assert.True(Patience.Until(() => Listing.Held(SocketSource.Iterator, processes).Count == 6));

        List<HeldSocket> iterated = Listing.Held(SocketSource.Iterator, processes);

        Assert.Equal(iterated.Select(Listing.Common), Listing.Held(SocketSource.Proc, processes));
        HeldSocket client = iterated.First(socket => socket.ProcessId == streams.Client.Id);
        HeldSocket server = iterated.First(socket => socket.ProcessId == streams.Server.Id);
        Assert.Equal(pair.LeftV4, client.LocalAddress);
        Assert.NotEqual(client.NetworkNamespace, server.NetworkNamespace);
        Assert.NotEqual(client.NetworkNamespaceCookie, server.NetworkNamespaceCookie);
        Assert.Equal(pair.Left.Run(() => new FileInfo("/proc/thread-self/ns/net").LinkTarget), $"net:[{client.NetworkNamespace}]");
    }

    [Fact]
    public void AProcessThatDiedIsLeftOut()
    {
        using Socket listener = LocalConnection.Listen();
        int id;
        using (Shell shell = new())
        {
            id = shell.Id;
            shell.Connect(5, listener.LocalEndPoint);
            Assert.Single(Listing.Held(SocketSource.Iterator, id));
            Assert.Single(Listing.Held(SocketSource.Proc, id));
        }

        Assert.Empty(Listing.Held(SocketSource.Iterator, id));
        Assert.Empty(Listing.Held(SocketSource.Proc, id));
    }

    [Fact]
    public void ProcessesThatComeAndGoDoNotStopAListing()
    {
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Run("(while true; do /bin/true 5<>/dev/tcp/127.0.0.1/" + Port(listener) + "; done) >/dev/null 2>&1 &");
        using CancellationTokenSource stop = new();
        Thread accepting = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (listener.Poll(TimeSpan.FromMilliseconds(10), SelectMode.SelectRead))
                {
                    listener.Accept().Dispose();
                }
            }
        });
        accepting.Start();
        try
        {
            for (int i = 0; i < 25; i++)
            {
                foreach (SocketSource source in Enum.GetValues<SocketSource>())
                {
                    Assert.Contains(Listing.Held(source, Environment.ProcessId), socket => socket.Descriptor == Listing.Descriptor(listener));
                }
            }
        }
        finally
        {
            stop.Cancel();
            accepting.Join();
        }
    }

    [Fact]
    public void UnixAndUdpSocketsAreListedWhenAskedFor()
    {
        using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using Socket unix = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        foreach (SocketSource source in Enum.GetValues<SocketSource>())
        {
            using SocketListing<HeldSocket> listing = SocketHolders.Read(new SocketReadOptions { Source = source, AnyProtocol = true });
            HeldSocket[] own = [.. listing.Where(socket => socket.ProcessId == Environment.ProcessId)];

            HeldSocket heldUdp = Assert.Single(own, socket => socket.Descriptor == Listing.Descriptor(udp));
            Assert.Equal(udp.LocalEndPoint, new IPEndPoint(heldUdp.LocalAddress!, heldUdp.LocalPort));
            Assert.Equal(ProtocolType.Udp, heldUdp.Protocol);
            Assert.Equal(SocketState.Unknown, heldUdp.State);

            HeldSocket heldUnix = Assert.Single(own, socket => socket.Descriptor == Listing.Descriptor(unix));
            Assert.Equal(AddressFamily.Unix, heldUnix.Family);
            Assert.Null(heldUnix.LocalAddress);
            Assert.Equal(SocketQuery.GetCookie(unix.SafeHandle), heldUnix.Cookie);
        }
    }

    [Fact]
    public void TheListingThatIsReadTwiceIsReadAnew()
    {
        using SocketListing<HeldSocket> listing = SocketHolders.Read(new SocketReadOptions { Source = SocketSource.Iterator });
        using Socket listener = LocalConnection.Listen();
        Assert.Contains(listing, IsListener);
        listener.Close();
        Assert.DoesNotContain(listing, IsListener);

        bool IsListener(HeldSocket socket) => socket.ProcessId == Environment.ProcessId && socket.State == SocketState.Listen;
    }

    [Fact]
    public void AProtocolOnTopOfTcpIsSeenBothWays()
    {
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        const int TcpUlp = 31;
        try
        {
            connection.Client.SetRawSocketOption(6, TcpUlp, "tls"u8);
        }
        catch (SocketException e)
        {
            Assert.Skip($"This kernel has no kTLS: {e.Message}");
        }

        foreach (SocketSource source in Enum.GetValues<SocketSource>())
        {
            List<HeldSocket> own = Listing.Held(source, Environment.ProcessId);
            Assert.Equal((source, true), (source, own.Single(socket => socket.Descriptor == Listing.Descriptor(connection.Client)).HasUpperProtocol));
            Assert.Equal((source, false), (source, own.Single(socket => socket.Descriptor == Listing.Descriptor(connection.Server)).HasUpperProtocol));
        }
    }

    [Fact]
    public void WithoutCapabilitiesProcIsReadAndSaidSo() =>
        ChildRun.Run("setpriv", ["--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"], nameof(ChildTests.SocketsWithoutCapabilities));

    [Fact]
    public void ProcessesAreNumberedAsTheReadersPidNamespaceDoes() =>
        ChildRun.Run("unshare", ["--pid", "--fork", "--mount-proc"], nameof(ChildTests.SocketsInAPidNamespace));

    private static string Port(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);

    // name_to_handle_at(2) is the product's; stat's inode number of a cgroup folder is its id too (kernfs, 64 bit).
    private static ulong CgroupIdOf(string path)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%i", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return ulong.Parse(process.StandardOutput.ReadToEnd().Trim(), CultureInfo.InvariantCulture);
    }
}
