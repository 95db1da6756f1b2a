using System.Net;
using Sockmap.Bypasses;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>
/// Streams of which every byte is checked, with a bypass installed: nothing is lost, doubled or reordered, and the
/// kernel's counters say that the bytes did skip TCP.
/// </summary>
public sealed class StreamsThroughBypassTests
{
    public static TheoryData<BypassVariant, SocketFamily, string, IoKind> Streams
    {
        get
        {
            TheoryData<BypassVariant, SocketFamily, string, IoKind> data = [];
            foreach (BypassVariant variant in Enum.GetValues<BypassVariant>())
            {
                foreach (SocketFamily family in Enum.GetValues<SocketFamily>())
                {
                    data.Add(variant, family, "1..1048576", IoKind.Blocking);
                    data.Add(variant, family, "1", IoKind.Blocking);
                }

                data.Add(variant, SocketFamily.V4, "1048576", IoKind.Blocking);
                data.Add(variant, SocketFamily.V4, "1..65536", IoKind.Dotnet);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void EveryByteOfBothDirectionsArrivesInOrder(BypassVariant variant, SocketFamily family, string sizes, IoKind io)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        long bytes = sizes == "1" ? 20_000 : 8 << 20;

        StreamReport report = CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Family = family,
            Io = io,
            Connections = 3,
            BytesUp = bytes,
            BytesDown = bytes,
            WriteSizeUp = WriteSizes.Parse(sizes),
            WriteSizeDown = WriteSizes.Parse(sizes),
        }));

        BypassStatus status = bypass.Status;
        Assert.Equal(variant, status.Variant);
        Assert.Equal(6UL, status.SocketsInserted);
        Assert.Equal((ulong)(report.BytesUp + report.BytesDown), status.BytesRedirected + status.BytesOverTcp);
        Assert.True(status.BytesRedirected > 0, $"Nothing was redirected: {status}");
        Assert.Equal(0, status.Entries);
    }

    [Theory]
    [EachVariant]
    public void AConversationGoesPastTcp(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        StreamReport report = CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.PingPong,
            BytesUp = 200_000,
            BytesDown = 200_000,
            WriteSizeUp = WriteSizes.Parse("64"),
            WriteSizeDown = WriteSizes.Parse("64"),
        }));

        // A first answer that meets its reader on the way into recv() goes over TCP, the next ones do not.
        BypassStatus status = bypass.Status;
        Assert.Equal((ulong)(report.BytesUp + report.BytesDown), status.BytesRedirected + status.BytesOverTcp);
        Assert.True(
            status.BytesRedirected >= 390_000,
            $"{status}");
    }

    [Theory]
    [EachVariant]
    public void WhatIsRedirectedIsNotOnTheWire(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        int port = FreePort();
        using PacketCounter wire = PacketCounter.Start("lo", port);

        // Less than the least receive buffer, so that nothing spills.
        StreamReport report = CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.UpOnly,
            BytesUp = 100_000,
            WriteSizeUp = WriteSizes.Parse("1..20000"),
        }) with
        { ConfigureServer = options => options with { Port = port } });

        PacketCounts counts = wire.Read();
        Assert.Equal(100_000, report.BytesUp);
        Assert.True(counts.Segments > 0, "The connection's own segments must be seen, or the absence of others proves nothing.");
        Assert.Equal(0, counts.PayloadBytes);
        Assert.Equal(100_000UL, bypass.Status.BytesRedirected);
    }

    [Fact]
    public void WhatTheCountersCallOverTcpIsOnTheWireAndNothingElse()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        int port = FreePort();
        using PacketCounter wire = PacketCounter.Start("lo", port);

        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            BytesUp = 8 << 20,
            BytesDown = 8 << 20,
            WriteSizeUp = WriteSizes.Parse("1..262144"),
            WriteSizeDown = WriteSizes.Parse("1..262144"),
            Rate = 32 << 20,
        }) with
        { ConfigureServer = options => options with { Port = port } });

        BypassStatus status = bypass.Status;
        PacketCounts counts = wire.Read();
        Assert.Equal(0, counts.Dropped);
        Assert.True(status.BytesRedirected > 1_000_000, $"Too little was redirected to tell: {status}");

        // TCP sends some bytes twice (window and loss probes), so that the wire may show a few more.
        Assert.InRange(counts.PayloadBytes, (long)status.BytesOverTcp, (long)(status.BytesOverTcp + (status.BytesRedirected / 2)));
    }

    [Theory]
    [EachVariant]
    public void APausedReaderGetsAllThatWasSentMeanwhile(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            BytesUp = 24 << 20,
            BytesDown = 24 << 20,
            WriteSizeUp = WriteSizes.Parse("1..200000"),
            WriteSizeDown = WriteSizes.Parse("1..200000"),
            PauseReaderAt = 1 << 20,
            PauseMs = 300,
        }));

        BypassStatus status = bypass.Status;
        Assert.True(status.MessagesSpilled > 0, $"The paused reader's queue was never full: {status}");
        Assert.True(status.BytesRedirected > 0);
    }

    [Theory]
    [EachVariant]
    public void OneDirectionGoesOnAfterTheOtherWasShutDown(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        foreach (Direction direction in Enum.GetValues<Direction>())
        {
            CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
            {
                HalfCloseEarly = direction,
                BytesUp = 300_000,
                BytesDown = 300_000,
                WriteSizeUp = WriteSizes.Parse("1..10000"),
                WriteSizeDown = WriteSizes.Parse("1..10000"),
            }));
        }

        Assert.True(bypass.Status.BytesRedirected > 0);
    }

    [Theory]
    [EachVariant]
    public void APeerThatEntersTheMapLateIsSwitchedToWhenItHasReadWhatTcpCarried(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        // TCP_DEFER_ACCEPT: the server's socket is made by the client's first bytes, which miss it.
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.PingPong,
            DeferAccept = true,
            BytesUp = 100_000,
            BytesDown = 100_000,
            WriteSizeUp = WriteSizes.Parse("500"),
            WriteSizeDown = WriteSizes.Parse("500"),
        }));

        BypassStatus status = bypass.Status;
        Assert.True(status.BytesOverTcp >= 500, "The first message cannot have found its peer.");
        Assert.True(status.BytesOverTcp < 5_000, $"The client's direction stayed on TCP: {status}");
        Assert.Equal(2UL, status.DirectionsSwitched);
    }

    [Theory]
    [EachVariant]
    public void ManySmallSendsBeforeThePeerIsThereAreNotOvertaken(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        for (int round = 0; round < 5; round++)
        {
            CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
            {
                DeferAccept = true,
                LateAcceptMs = 20,
                Connections = 4,
                BytesUp = 60_000,
                BytesDown = 60_000,
                WriteSizeUp = WriteSizes.Parse("1..300"),
                WriteSizeDown = WriteSizes.Parse("1..300"),
            }));
        }

        Assert.True(bypass.Status.BytesRedirected > 0);
    }

    [Theory]
    [EachVariant]
    public void FastOpenDataInTheSynComesFirst(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        network.EnableFastOpen();
        bypass.Install(settings => settings with { Variant = variant });
        StreamScenario scenario = StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            FastOpen = true,
            BytesUp = 400_000,
            BytesDown = 400_000,
            WriteSizeUp = WriteSizes.Parse("1..1200"),
            WriteSizeDown = WriteSizes.Parse("1..1200"),
        }) with
        { ServerNamespace = network, ClientNamespace = network };

        StreamReport report = CheckedStreams.Run(scenario);

        Assert.All(report.Client.Connections, connection => Assert.True(connection.SentWithSyn));
        BypassStatus status = bypass.Status;
        Assert.Equal(2UL, status.SocketsInserted);
        Assert.True(status.BytesRedirected > 0, $"Nothing was redirected: {status}");
    }

    [Theory]
    [EachVariant]
    public void AServerThatSpeaksFirstIsHeard(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });

        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.ServerSpeaksFirst,
            Connections = 20,
            BytesUp = 20_000,
            BytesDown = 20_000,
            WriteSizeUp = WriteSizes.Parse("100"),
            WriteSizeDown = WriteSizes.Parse("100"),
        }));

        Assert.True(bypass.Status.BytesRedirected > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PairsAcrossNamespacesAreTakenOnlyWhenAskedFor(bool crossNamespace)
    {
        using InstalledBypass bypass = new();
        using NetworkNamespacePair networks = NetworkNamespacePair.Create();
        bypass.Install(settings => settings with { CrossNamespace = crossNamespace });

        foreach (IPAddress address in new[] { networks.RightV4, networks.RightV6 })
        {
            StreamReport report = CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
            {
                Family = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? SocketFamily.V4 : SocketFamily.V6,
                Address = address,
                BytesUp = 4 << 20,
                BytesDown = 4 << 20,
                WriteSizeUp = WriteSizes.Parse("1..100000"),
                WriteSizeDown = WriteSizes.Parse("1..100000"),
            }) with
            { ServerNamespace = networks.Right, ClientNamespace = networks.Left });
            Assert.Equal(4 << 20, report.BytesUp);
        }

        BypassStatus status = bypass.Status;
        Assert.Equal(crossNamespace ? 4UL : 0UL, status.SocketsInserted);
        Assert.Equal(crossNamespace ? 0UL : 4UL, status.SocketsRemote);
        Assert.Equal(crossNamespace, status.BytesRedirected > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheSameAddressesInTwoNamespacesAreNotMixedUp(bool crossNamespace)
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace first = TestNetworkNamespace.Create();
        using TestNetworkNamespace second = TestNetworkNamespace.Create();
        bypass.Install(settings => settings with { CrossNamespace = crossNamespace });
        const int Port = 5001;
        const int LocalPort = 40001;
        StreamScenario Scenario(TestNetworkNamespace network) => StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            BytesUp = 2 << 20,
            BytesDown = 2 << 20,
            WriteSizeUp = WriteSizes.Parse("1..5000"),
            WriteSizeDown = WriteSizes.Parse("1..5000"),
        }) with
        {
            ServerNamespace = network,
            ClientNamespace = network,
            ConfigureServer = options => options with { Port = Port },
            ConfigureClient = options => options with { LocalPort = LocalPort },
        };

        using RunningStreams one = CheckedStreams.Start(Scenario(first));
        using RunningStreams two = CheckedStreams.Start(Scenario(second));
        one.Finish();
        two.Finish();

        BypassStatus status = bypass.Status;
        Assert.Equal(4UL, status.SocketsInserted);
        Assert.True(status.BytesRedirected > 0);
    }

    private static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
