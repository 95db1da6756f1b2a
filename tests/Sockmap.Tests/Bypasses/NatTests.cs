using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using Sockmap.Statistics;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>Connections that the kernel's NAT leads to a proxy on this host: both legs are redirected, and nothing else is.</summary>
public sealed class NatTests
{
    private const int TcpDeferAccept = 9;

    public static TheoryData<SocketFamily, string, BypassVariant> Ways => new()
    {
        { SocketFamily.V4, "redirect", BypassVariant.Exact },
        { SocketFamily.V4, "redirect", BypassVariant.Probing },
        { SocketFamily.V6, "redirect", BypassVariant.Exact },
        { SocketFamily.MappedBoth, "redirect", BypassVariant.Exact },
        { SocketFamily.V4, "address", BypassVariant.Exact },
        { SocketFamily.V6, "address", BypassVariant.Probing },
    };

    public static TheoryData<string, string, bool> Filters => new()
    {
        { "8080", "", true },
        { "15001", "", true },
        { "8080,!15001", "", false },
        { "15001,!8080", "", false },
        { "9090", "", false },
        { "!8080", "", false },
        { "!15001", "", false },
        { "", "198.51.100.1", true },
        { "", "127.0.0.1", true },
        { "", "192.0.2.1", true },
        { "", "10.0.0.0/8", false },
        { "", "!198.51.100.1", false },
        { "", "!127.0.0.1", false },
        { "", "!192.0.2.1", false },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void BothLegsOfAProxiedConnectionAreRedirectedAndNothingIsLeftOfThem(SocketFamily family, string way, BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        bypass.Install(settings => settings with { Variant = variant, ThroughNat = true });
        if (way == "redirect")
        {
            NatNetwork.Translate(network.Left, $"redirect to :{NatNetwork.ProxyPort}");
        }
        else
        {
            NatNetwork.Translate(network.Left, family == SocketFamily.V6 ? network.LeftV6 : network.LeftV4);
        }

        StreamReport report = RunThroughProxy(bypass, network, family, new TrafficOptions
        {
            Connections = 4,
            BytesUp = 1_000_000,
            BytesDown = 1_500_000,
            WriteSizeUp = WriteSizes.Parse("1..20000"),
            WriteSizeDown = WriteSizes.Parse("1..20000"),
        });

        BypassStatus status = bypass.Status;
        Assert.Equal(16UL, status.SocketsInserted);
        Assert.Equal(0UL, status.SocketsRemote + status.SocketsRefused + status.MessagesRefused);
        Assert.Equal((ulong)(2 * (report.BytesUp + report.BytesDown)), status.BytesRedirected + status.BytesOverTcp);

        // The clients' sockets count under the port that they connected to, as the servers' do; the proxy's under its own.
        IReadOnlyList<SockmapStatistics> ports = bypass.Manager.GetStatistics(BypassSettings.DefaultName, StatisticsGrouping.Port);
        SockmapStatistics service = ports.Single(port => port.Port == NatNetwork.ServicePort);
        SockmapStatistics proxy = ports.Single(port => port.Port == NatNetwork.ProxyPort);
        Assert.Equal((8UL, 4UL), (service.SocketsConnected, service.SocketsAccepted));
        Assert.Equal((0UL, 4UL), (proxy.SocketsConnected, proxy.SocketsAccepted));
        Assert.Equal((ulong)((2 * report.BytesUp) + report.BytesDown), service.BytesRedirected + service.BytesOverTcp);
        Assert.Equal((ulong)report.BytesDown, proxy.BytesRedirected + proxy.BytesOverTcp);
        Assert.True(service.BytesRedirected > service.BytesOverTcp, $"{service}");
        Assert.True(proxy.BytesRedirected > proxy.BytesOverTcp, $"{proxy}");
        AssertEmpty(bypass);
    }

    [Fact]
    public void TheEntriesOfAPairAreShownAsOneAnothersPeers()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        using Talk talk = Talk.Start(bypass, network);

        talk.Exchange();

        SockmapEntry client = bypass.Entries.Single(entry => entry.IsClient);
        SockmapEntry server = bypass.Entries.Single(entry => !entry.IsClient);
        Assert.Equal((client.Cookie, server.Cookie), (server.PeerCookie!.Value, client.PeerCookie!.Value));
        Assert.Equal((NatNetwork.ServiceV4, NatNetwork.ServicePort), (client.RemoteAddress, client.RemotePort));
        Assert.Equal((IPAddress.Loopback, NatNetwork.ProxyPort), (server.LocalAddress, server.LocalPort));
        Assert.Equal((EntryPath.Redirected, EntryPath.Redirected), (client.Path, client.ReceivePath!.Value));
        Assert.Equal([Environment.ProcessId], client.PeerProcessId);
        Assert.Equal(2UL, bypass.Status.MessagesRedirected);
        talk.Dispose();
        AssertEmpty(bypass);
    }

    [Fact]
    public void InstallAndRemoveUnderProxiedTrafficNeverCostAByte()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        NatNetwork.Translate(network.Left, $"redirect to :{NatNetwork.ProxyPort}");
        ulong redirected = 0;
        for (int round = 0; round < 4; round++)
        {
            bypass.Install(settings => settings with { ThroughNat = true });
            using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
            using NatProxy proxy = new(network.Left, AddressFamily.InterNetwork, new IPEndPoint(IPAddress.Loopback, NatNetwork.ServicePort));
            using RunningStreams streams = CheckedStreams.Start(Scenario(bypass, network, SocketFamily.V4, new TrafficOptions
            {
                Connections = 4,
                BytesUp = TrafficOptions.UntilStopped,
                BytesDown = TrafficOptions.UntilStopped,
                WriteSizeUp = WriteSizes.Parse("1..100000"),
                WriteSizeDown = WriteSizes.Parse("1..100000"),
                Rate = 4 << 20,
            }));
            streams.WaitUntilConnected();
            streams.WaitForTraffic(300_000);
            redirected += bypass.Status.BytesRedirected;

            RemovalResult result = bypass.Remove();

            Assert.True(result.IsComplete, $"{result.Remaining.Count} sockets were never read dry.");
            Assert.Equal((16, 0L), (result.RemovedEntries, result.DroppedBytes));
            streams.WaitForTraffic(300_000);
            streams.Stop();
        }

        Assert.True(redirected > 0);
    }

    [Fact]
    public void OneEndTakenOutTakesTheOtherWithItAndTheConnectionGoesOnOverTcp()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        using Talk talk = Talk.Start(bypass, network);
        talk.Exchange();

        EntryRemovalResult result = bypass.Manager.RemoveEntries(BypassSettings.DefaultName, [bypass.Entries[0].Cookie]);

        Assert.Equal((2, 0), (result.Removed.Count, result.Remaining.Count));
        Assert.Empty(bypass.Entries);
        ulong redirected = bypass.Status.BytesRedirected;
        talk.Exchange();
        Assert.Equal(redirected, bypass.Status.BytesRedirected);
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void FiltersKeepBothEndsInOrNeither(string ports, string addresses, bool isTaken)
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        using Talk talk = Talk.Start(bypass, network, settings => settings with
        {
            Ports = [.. Included(ports).Select(PortRange.Parse)],
            ExcludedPorts = [.. Excluded(ports).Select(PortRange.Parse)],
            Addresses = [.. Included(addresses).Select(AddressRange.Parse)],
            ExcludedAddresses = [.. Excluded(addresses).Select(AddressRange.Parse)],
        });

        talk.Exchange();

        BypassStatus status = bypass.Status;
        Assert.Equal(isTaken ? (2UL, 0UL) : (0UL, 2UL), (status.SocketsInserted, status.SocketsFiltered));
        Assert.Equal(isTaken ? 2UL : 0UL, status.MessagesRedirected);
        talk.Dispose();
        AssertEmpty(bypass);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ConnectionsToAnotherHostAreNotTakenInByWayOfNatOrWithout(bool translated)
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        bypass.Install(settings => settings with { ThroughNat = true });
        NatNetwork.Translate(network.Left, network.RightV4);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = NatNetwork.Listen(network.Right);
        using Talk talk = new(NatNetwork.Create(network.Left), listener, translated ? NatNetwork.Service : new IPEndPoint(network.RightV4, NatNetwork.ProxyPort));

        talk.Exchange();

        Assert.Equal((0UL, 2UL), (bypass.Status.SocketsInserted, bypass.Status.SocketsRemote));
        AssertEmpty(bypass);
    }

    [Fact]
    public void WithoutTheOptionNatIsNotLookedAt()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        using Talk talk = Talk.Start(bypass, network, static settings => settings with { ThroughNat = false });

        talk.Exchange();

        Assert.Equal((1UL, 1UL), (bypass.Status.SocketsInserted, bypass.Status.SocketsRemote));
        Assert.Equal(0UL, bypass.Status.MessagesRedirected);
        Assert.Equal(0, Handshakes(bypass));
    }

    [Fact]
    public void AConnectionWhoseSourceIsChangedAsWellStaysOnTcp()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();

        // Ports that no client gets by itself: NAT leaves one alone that is among them.
        network.Left.Nft($"table ip test_source {{ chain postrouting {{ type nat hook postrouting priority 100\ntcp dport {NatNetwork.ProxyPort} snat to {network.LeftV4}:20000-20999\n}}\n}}");
        using Talk talk = Talk.Start(bypass, network);

        talk.Exchange();

        Assert.Equal((1UL, 1UL, 0UL), (bypass.Status.SocketsInserted, bypass.Status.SocketsRemote, bypass.Status.MessagesRedirected));
        Assert.InRange(Assert.Single(bypass.Entries).RemotePort, 20000, 20999);
        talk.Dispose();
        AssertEmpty(bypass);
    }

    [Fact]
    public void OrdinaryConnectionsAreTakenAsEver()
    {
        using InstalledBypass bypass = new();
        bypass.Install(static settings => settings with { ThroughNat = true });
        using (CgroupVisit visit = CgroupVisit.To(bypass.Cgroup))
        {
            using Socket listener = LocalConnection.Listen();
            using LocalConnection connection = new(listener);
            connection.Client.Send("ping"u8);
            Assert.Equal("ping"u8.ToArray(), LocalConnection.Read(connection.Server, 4));
            Assert.Equal((2UL, 1UL), (bypass.Status.SocketsInserted, bypass.Status.MessagesRedirected));
            Assert.Equal(0, Handshakes(bypass));
        }

        AssertEmpty(bypass);
    }

    [Fact]
    public void HandshakesThatEndEarlyLeaveNothing()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        InstallAndRedirect(bypass, network);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using (Socket refused = NatNetwork.Create(network.Left))
        {
            Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => refused.Connect(NatNetwork.Service)).SocketErrorCode);
        }

        Assert.Equal(0, Handshakes(bypass));

        // The listener hears of it, and its answer never arrives.
        network.Left.Nft("table inet test_filter { chain input { type filter hook input priority 0\ntcp flags & (syn|ack) == (syn|ack) drop\n}\n}");
        using Socket listener = NatNetwork.Listen(network.Left);
        using (Socket unanswered = NatNetwork.Create(network.Left))
        {
            unanswered.Blocking = false;
            Assert.Equal(SocketError.WouldBlock, Assert.Throws<SocketException>(() => unanswered.Connect(NatNetwork.Service)).SocketErrorCode);
            Assert.Equal(1, Handshakes(bypass));
        }

        Assert.Equal(0UL, bypass.Status.SocketsInserted);
        AssertEmpty(bypass);
    }

    [Fact]
    public void AClientThatGoesBeforeItIsAcceptedLeavesNothing()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        InstallAndRedirect(bypass, network);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = ListenDeferring(network.Left);
        using (Socket client = NatNetwork.Create(network.Left))
        {
            client.Connect(NatNetwork.Service);
            Assert.Single(bypass.Entries);
            Assert.Equal(1, Handshakes(bypass));
            client.LingerState = new LingerOption(true, 0);
        }

        AssertEmpty(bypass);
    }

    [Fact]
    public void AConnectionThatIsAcceptedWithItsFirstBytesIsRedirectedBehindThem()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        InstallAndRedirect(bypass, network);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = ListenDeferring(network.Left);
        using Socket client = NatNetwork.Create(network.Left);
        client.Connect(NatNetwork.Service);
        client.Send("[1]"u8);
        client.Send("[2]"u8);
        using Socket server = NatNetwork.Accept(listener);
        client.Send("[3]"u8);

        Assert.Equal("[1][2][3]"u8.ToArray(), LocalConnection.Read(server, 9));
        client.Send("[4]"u8);
        Assert.Equal("[4]"u8.ToArray(), LocalConnection.Read(server, 3));
        Assert.Equal((2UL, 1UL), (bypass.Status.SocketsInserted, bypass.Status.MessagesRedirected));
    }

    [Fact]
    public void AnotherConnectionFromTheSamePortIsNotTakenForTheOneUnderWay()
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        InstallAndRedirect(bypass, network);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket proxy = ListenDeferring(network.Left);
        using Socket elsewhere = NatNetwork.Listen(network.Right);
        using Socket client = NatNetwork.Create(network.Left);
        client.Bind(new IPEndPoint(network.LeftV4, 0));
        using Socket other = NatNetwork.Create(network.Left);
        other.Bind(client.LocalEndPoint!);

        client.Connect(NatNetwork.Service);
        Assert.Equal(1, Handshakes(bypass));
        other.Connect(new IPEndPoint(network.RightV4, NatNetwork.ProxyPort));

        Assert.Equal((1UL, 2UL), (bypass.Status.SocketsInserted, bypass.Status.SocketsRemote));
        client.Send("hello"u8);
        using Socket accepted = NatNetwork.Accept(proxy);
        Assert.Equal("hello"u8.ToArray(), LocalConnection.Read(accepted, 5));
        Assert.Equal((2UL, 0), (bypass.Status.SocketsInserted, Handshakes(bypass)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AProxyInAnotherNamespaceIsReachedWhereNamespacesMayBeCrossed(bool crossNamespace)
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        bypass.Install(settings => settings with { ThroughNat = true, CrossNamespace = crossNamespace });
        NatNetwork.Translate(network.Right, $"redirect to :{NatNetwork.ProxyPort}", "prerouting");
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = NatNetwork.Listen(network.Right);
        using Talk talk = new(NatNetwork.Create(network.Left), listener, NatNetwork.Service);

        talk.Exchange();

        BypassStatus status = bypass.Status;
        Assert.Equal(crossNamespace ? (2UL, 0UL, 2UL) : (0UL, 2UL, 0UL), (status.SocketsInserted, status.SocketsRemote, status.MessagesRedirected));
        talk.Dispose();
        AssertEmpty(bypass);
    }

    [Theory]
    [InlineData("as ever")]
    [InlineData("deferred accept")]
    [InlineData("fast open")]
    [InlineData("SYN cookies")]
    public void EveryHandshakeBringsTheRightBytesAndLeavesNothing(string handshake)
    {
        using InstalledBypass bypass = new();
        using NatNetwork network = new();
        bypass.Install(static settings => settings with { ThroughNat = true });
        network.Left.EnableFastOpen();
        network.Left.SetSysctl("net/ipv4/tcp_syncookies", handshake == "SYN cookies" ? "2" : "0");
        NatNetwork.Translate(network.Left, $"redirect to :{NatNetwork.ServicePort}");

        CheckedStreams.Run(Scenario(bypass, network, SocketFamily.V4, new TrafficOptions
        {
            Connections = 4,
            BytesUp = 200_000,
            BytesDown = 200_000,
            WriteSizeUp = WriteSizes.Parse("1..2000"),
            WriteSizeDown = WriteSizes.Parse("1..2000"),
            DeferAccept = handshake == "deferred accept",
            FastOpen = handshake == "fast open",
        }));

        // Those that the listener tells no program of, or not in time, stay on TCP: the accepted ends are in alone.
        BypassStatus status = bypass.Status;
        bool isFollowed = handshake is "as ever" or "deferred accept";
        Assert.Equal(isFollowed ? (8UL, 0UL) : (4UL, 4UL), (status.SocketsInserted, status.SocketsRemote));
        Assert.Equal(isFollowed, status.BytesRedirected > 0);
        AssertEmpty(bypass);
    }

    private static IEnumerable<string> Included(string filter) => filter.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(part => part[0] != '!');

    private static IEnumerable<string> Excluded(string filter) => filter.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(part => part[0] == '!').Select(part => part[1..]);

    private static StreamReport RunThroughProxy(InstalledBypass bypass, NatNetwork network, SocketFamily family, TrafficOptions options)
    {
        bool isV6 = family == SocketFamily.V6;
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using NatProxy proxy = new(
            network.Left,
            family == SocketFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
            new IPEndPoint(isV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, NatNetwork.ServicePort));
        return CheckedStreams.Run(Scenario(bypass, network, family, options));
    }

    /// <summary>The server listens on loopback; clients connect to the service, which has the same port.</summary>
    private static StreamScenario Scenario(InstalledBypass bypass, NatNetwork network, SocketFamily family, TrafficOptions options) =>
        StreamScenario.In(bypass.Cgroup, options with { Family = family, Port = NatNetwork.ServicePort }) with
        {
            ServerNamespace = network.Left,
            ClientNamespace = network.Left,
            ConfigureClient = client => client with { Address = family == SocketFamily.V6 ? NatNetwork.ServiceV6 : NatNetwork.ServiceV4 },
        };

    private static void InstallAndRedirect(InstalledBypass bypass, NatNetwork network)
    {
        bypass.Install(static settings => settings with { ThroughNat = true });
        NatNetwork.Translate(network.Left, $"redirect to :{NatNetwork.ProxyPort}");
    }

    /// <summary>A listener that makes the accepted socket when the first bytes are there: the handshake stays under way.</summary>
    private static Socket ListenDeferring(TestNetworkNamespace network)
    {
        Socket listener = NatNetwork.Listen(network);
        listener.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpDeferAccept, BitConverter.GetBytes(60));
        return listener;
    }

    private static int Handshakes(InstalledBypass bypass)
    {
        using BpfMap nat = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "nat"));
        return nat.EnumerateKeys().Count();
    }

    /// <summary>A socket that was closed leaves the SOCKHASH a moment later.</summary>
    private static void AssertEmpty(InstalledBypass bypass)
    {
        Assert.True(Patience.Until(() => bypass.Entries.Count == 0 && Handshakes(bypass) == 0), $"{bypass.Entries.Count} entries, {Handshakes(bypass)} handshakes");
    }

    /// <summary>A client and the socket that was accepted for it, both of this process.</summary>
    private sealed class Talk : IDisposable
    {
        private readonly Socket _client;
        private readonly Socket _server;

        public Talk(Socket client, Socket listener, EndPoint service)
        {
            _client = client;
            _client.Connect(service);
            _server = NatNetwork.Accept(listener);
        }

        /// <summary>Installs, redirects the service to a proxy's port, and connects.</summary>
        public static Talk Start(InstalledBypass bypass, NatNetwork network, Func<BypassSettings, BypassSettings>? configure = null)
        {
            bypass.Install(settings => configure?.Invoke(settings with { ThroughNat = true }) ?? settings with { ThroughNat = true });
            NatNetwork.Translate(network.Left, $"redirect to :{NatNetwork.ProxyPort}");
            using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
            using Socket listener = NatNetwork.Listen(network.Left);
            return new Talk(NatNetwork.Create(network.Left), listener, NatNetwork.Service);
        }

        public void Exchange()
        {
            Pass(_client, _server, "ping");
            Pass(_server, _client, "pong");
        }

        public void Dispose()
        {
            _client.Dispose();
            _server.Dispose();
        }

        private static void Pass(Socket from, Socket to, string text)
        {
            from.Send(Encoding.ASCII.GetBytes(text));
            Assert.Equal(text, Encoding.ASCII.GetString(LocalConnection.Read(to, text.Length)));
        }
    }
}
