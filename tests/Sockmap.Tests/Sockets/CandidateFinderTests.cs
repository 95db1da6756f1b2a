using System.Net;
using System.Net.Sockets;
using Sockmap.Sockets;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Bypasses;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Sockets;

public sealed class CandidateFinderTests
{
    // The server stops to listen when it has all connections: then the port tells the ends apart.
    private const int LowPort = 4000;

    private static readonly TrafficOptions s_idle = new() { HoldSending = true, Connections = 2 };

    [Theory]
    [InlineData(SocketFamily.V4)]
    [InlineData(SocketFamily.V6)]
    [InlineData(SocketFamily.MappedServer)]
    [InlineData(SocketFamily.MappedClient)]
    [InlineData(SocketFamily.MappedBoth)]
    public void ConnectionsOfTwoProcessesAreFoundFromTheConnectingEnd(SocketFamily family)
    {
        Assert.SkipWhen(Machine.MissingForNamespaces is not null, Machine.MissingForNamespaces ?? string.Empty);
        using TestNetworkNamespace place = TestNetworkNamespace.Create();
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_idle with { Family = family },
            ConfigureServer = WithLowPort,
            ClientNamespace = place,
            ServerNamespace = place,
        });
        IReadOnlyList<int> ports = streams.Client.ConnectedPorts;
        List<ConnectionCandidate> found = [];
        Assert.True(Patience.Until(() => (found = Find(socket => socket.ProcessId == streams.Client.Id)).Count == 2));

        Assert.Equal(ports.Order(), found.Select(candidate => candidate.LocalPort).Order());
        Assert.All(found, candidate =>
        {
            Assert.Equal(LowPort, candidate.RemotePort);
            Assert.Equal(family == SocketFamily.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, candidate.LocalAddress);
            Assert.Equal(streams.Server.Id, candidate.RemoteProcessId);
            Assert.Equal([streams.Server.Id], candidate.RemoteProcessIds);
            Assert.NotEqual(candidate.Cookie, candidate.RemoteCookie);
            Assert.Equal((false, false, false), (candidate.IsInSockmap, candidate.RemoteIsInSockmap, candidate.HasUpperProtocol));

            // What it names can be had.
            using SafeSocketDescriptor local = ForeignDescriptor.Open(candidate.ProcessId, candidate.Descriptor, candidate.Cookie);
            using SafeSocketDescriptor remote = ForeignDescriptor.Open(candidate.RemoteProcessId, candidate.RemoteDescriptor, candidate.RemoteCookie);
            Assert.Equal(SocketQuery.GetLocalEndPoint(local), SocketQuery.GetRemoteEndPoint(remote));
        });
    }

    [Fact]
    public void PairsAcrossNetworkNamespacesAreFoundWhenAskedFor()
    {
        Assert.SkipWhen(Machine.MissingForNamespaces is not null, Machine.MissingForNamespaces ?? string.Empty);
        using NetworkNamespacePair pair = NetworkNamespacePair.Create();
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_idle with { Address = pair.RightV6, Family = SocketFamily.V6 },
            ConfigureServer = WithLowPort,
            ClientNamespace = pair.Left,
            ServerNamespace = pair.Right,
        });
        _ = streams.Client.ConnectedPorts;
        List<ConnectionCandidate> found = [];
        Assert.True(Patience.Until(() => (found = Find(socket => socket.ProcessId == streams.Client.Id, new CandidateOptions { CrossNamespace = true })).Count == 2));

        Assert.All(found, candidate =>
        {
            Assert.Equal(pair.LeftV6, candidate.LocalAddress);
            Assert.Equal(streams.Server.Id, candidate.RemoteProcessId);
            Assert.NotEqual(candidate.NetworkNamespace, candidate.RemoteNetworkNamespace);
        });
        Assert.Empty(Find(socket => socket.ProcessId == streams.Client.Id));
    }

    [Fact]
    public void LoopbackConnectionsOfTheSameAddressesInTwoNamespacesAreNotMixedUp()
    {
        using TestNetworkNamespace first = TestNetworkNamespace.Create();
        using TestNetworkNamespace second = TestNetworkNamespace.Create();
        using RunningStreams one = Start(first);
        using RunningStreams other = Start(second);
        foreach (RunningStreams streams in (RunningStreams[])[one, other])
        {
            List<ConnectionCandidate> found = [];
            Assert.True(Patience.Until(() => (found = Find(socket => socket.ProcessId == streams.Client.Id, new CandidateOptions { CrossNamespace = true })).Count == 1));
            Assert.Equal(streams.Server.Id, found[0].RemoteProcessId);
            Assert.Equal(found[0].NetworkNamespace, found[0].RemoteNetworkNamespace);
            Assert.Equal((5000, LowPort), (found[0].LocalPort, found[0].RemotePort));
        }

        static RunningStreams Start(TestNetworkNamespace place)
        {
            RunningStreams streams = CheckedStreams.Start(new StreamScenario
            {
                Options = new TrafficOptions { HoldSending = true },
                ConfigureServer = WithLowPort,
                ConfigureClient = options => options with { LocalPort = 5000 },
                ClientNamespace = place,
                ServerNamespace = place,
            });
            _ = streams.Client.ConnectedPorts;
            return streams;
        }
    }

    [Fact]
    public void SharedSocketsAreOneCandidateWithAllTheirHolders()
    {
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(5, listener.LocalEndPoint);
        using Socket server = listener.Accept();
        int child = int.Parse(shell.Run("sleep 1000 & echo -n $!"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(Patience.Until(() => File.ReadAllText($"/proc/{child}/comm") == "sleep\n"));

        ConnectionCandidate found = Assert.Single(Find(socket => socket.LocalPort == ((IPEndPoint)server.RemoteEndPoint!).Port));

        Assert.Equal([.. new[] { shell.Id, child }.Order()], found.ProcessIds);
        Assert.Equal((shell.Id, 5, "bash"), (found.ProcessId, found.Descriptor, found.ProcessName));
        Assert.Equal((Environment.ProcessId, Listing.Descriptor(server)), (found.RemoteProcessId, found.RemoteDescriptor));
    }

    [Fact]
    public void TheEndWhosePortIsListenedOnIsTheServiceWhateverThePorts()
    {
        using Socket listener = LocalConnection.Listen();
        int service = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using LocalConnection connection = new(listener, FreePortBelow(service));

        ConnectionCandidate found = Assert.Single(Find(candidate => candidate.RemotePort == service));

        Assert.Equal(connection.ClientPort, found.LocalPort);
        Assert.True(found.LocalPort < found.RemotePort);

        static int FreePortBelow(int port)
        {
            for (port--; ; port--)
            {
                using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                    return port;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
                {
                    // The next one.
                }
            }
        }
    }

    [Fact]
    public void WithoutAListenerTheLowerPortIsTheService()
    {
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        int service = ((IPEndPoint)listener.LocalEndPoint!).Port;
        listener.Close();

        ConnectionCandidate found = Assert.Single(Find(socket => socket.LocalPort == Math.Max(service, connection.ClientPort)));

        Assert.Equal(Math.Min(service, connection.ClientPort), found.RemotePort);
    }

    [Fact]
    public void ConnectionsWithBothEndsInASockmapAreLeftOutAndOneEndIsSaid()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection outside = new(listener);
        using Shell shell = new();
        File.WriteAllText(Path.Combine(bypass.Cgroup.Path, "cgroup.procs"), shell.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        shell.Connect(5, listener.LocalEndPoint);
        using Socket half = listener.Accept();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket innerListener = LocalConnection.Listen();
        using LocalConnection inside = new(innerListener);

        List<ConnectionCandidate> found = Find(socket => socket.RemoteProcessId == Environment.ProcessId);

        Assert.DoesNotContain(found, candidate => candidate.LocalPort == inside.ClientPort);
        Assert.Contains(found, candidate => candidate.LocalPort == outside.ClientPort && candidate is { IsInSockmap: false, RemoteIsInSockmap: false });
        Assert.Contains(found, candidate => candidate.ProcessId == shell.Id && candidate is { IsInSockmap: true, RemoteIsInSockmap: false });
    }

    [Fact]
    public void ASocketConnectedToItselfIsNoCandidate()
    {
        using Socket self = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        self.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        self.Connect(self.LocalEndPoint!);

        Assert.DoesNotContain(Find(_ => true), candidate => candidate.Cookie == SocketQuery.GetCookie(self.SafeHandle));
    }

    private static TrafficOptions WithLowPort(TrafficOptions options) => options with { Port = LowPort };

    private static List<ConnectionCandidate> Find(Func<ConnectionCandidate, bool> predicate, CandidateOptions? options = null)
    {
        using SocketListing<HeldSocket> sockets = SocketHolders.Read(new SocketReadOptions { Source = SocketSource.Iterator });
        return [.. CandidateFinder.Find(sockets, options).Where(predicate)];
    }
}
