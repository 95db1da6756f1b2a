using Sockmap.Bypasses;
using Sockmap.Filters;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>What the filters let in is redirected, and what they keep out never touches the map; the kernel's counters say which.</summary>
public sealed class FilterTests
{
    private const int Port = 6379;

    public static TheoryData<string, bool> PortFilters => new()
    {
        { "6379", true },
        { "1-65535", true },
        { "6000-6378,6379", true },
        { "6380", false },
        { "32768-60999", false },
        { "!6379", false },
        { "!6380", true },
        { "6000-7000,!6379", false },
        { "6000-7000,!6380-7000", true },
    };

    public static TheoryData<string, bool> AddressFilters => new()
    {
        { "127.0.0.1", true },
        { "127.0.0.0/8", true },
        { "0.0.0.0/0", true },
        { "10.0.0.0/8", false },
        { "::/0", true },
        { "fd00::/8", false },
        { "!127.0.0.0/8", false },
        { "!10.0.0.0/8", true },
        { "127.0.0.0/8,!127.0.0.1/32", false },
        { "127.0.0.1/32,!127.0.0.0/8", false },
    };

    [Theory]
    [MemberData(nameof(PortFilters))]
    public void PortsAreThoseThatWereListenedOn(string filter, bool isTaken)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with
        {
            Ports = [.. Included(filter).Select(PortRange.Parse)],
            ExcludedPorts = [.. Excluded(filter).Select(PortRange.Parse)],
        });

        AssertTaken(bypass, SocketFamily.V4, isTaken);
    }

    [Theory]
    [MemberData(nameof(AddressFilters))]
    public void AddressesAreThoseOfEitherEnd(string filter, bool isTaken)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with
        {
            Addresses = [.. Included(filter).Select(AddressRange.Parse)],
            ExcludedAddresses = [.. Excluded(filter).Select(AddressRange.Parse)],
        });

        AssertTaken(bypass, SocketFamily.V4, isTaken);
    }

    [Theory]
    [InlineData(AddressFamilies.IPv4, SocketFamily.V4, true)]
    [InlineData(AddressFamilies.IPv4, SocketFamily.MappedServer, true)]
    [InlineData(AddressFamilies.IPv4, SocketFamily.MappedBoth, true)]
    [InlineData(AddressFamilies.IPv4, SocketFamily.V6, false)]
    [InlineData(AddressFamilies.IPv6, SocketFamily.V6, true)]
    [InlineData(AddressFamilies.IPv6, SocketFamily.V4, false)]
    [InlineData(AddressFamilies.IPv6, SocketFamily.MappedServer, false)]
    [InlineData(AddressFamilies.Any, SocketFamily.MappedClient, true)]
    public void FamiliesCountMappedConnectionsAsIPv4(AddressFamilies family, SocketFamily traffic, bool isTaken)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Family = family });

        AssertTaken(bypass, traffic, isTaken);
    }

    [Fact]
    public void ProcessesOutsideTheCgroupAreLeftAlone()
    {
        using InstalledBypass bypass = new();
        using TestCgroup elsewhere = TestCgroup.Create();
        bypass.Install();

        CheckedStreams.Run(StreamScenario.In(elsewhere, new TrafficOptions { BytesUp = 100_000, BytesDown = 100_000 }));

        BypassStatus status = bypass.Status;
        Assert.Equal(0UL, status.SocketsInserted + status.SocketsFiltered);
        Assert.Equal(0UL, status.BytesRedirected + status.BytesOverTcp);
    }

    [Fact]
    public void AnEndOutsideTheCgroupIsNeverFoundAndTheConnectionStaysOnTcp()
    {
        using InstalledBypass bypass = new();
        using TestCgroup elsewhere = TestCgroup.Create();
        bypass.Install();

        StreamReport report = CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            BytesUp = 200_000,
            BytesDown = 200_000,
            WriteSizeUp = WriteSizes.Parse("1..3000"),
            WriteSizeDown = WriteSizes.Parse("1..3000"),
        }) with
        { ServerCgroup = elsewhere });

        BypassStatus status = bypass.Status;
        Assert.Equal(1UL, status.SocketsInserted);
        Assert.Equal(0UL, status.BytesRedirected);
        Assert.Equal((ulong)report.BytesUp, status.BytesOverTcp);
    }

    [Fact]
    public void ProcessesInACgroupBelowAreTaken()
    {
        using InstalledBypass bypass = new();
        using TestCgroup child = bypass.Cgroup.CreateChild("below");
        bypass.Install();

        CheckedStreams.Run(StreamScenario.In(child, new TrafficOptions { BytesUp = 100_000, BytesDown = 100_000 }));

        Assert.True(bypass.Status.BytesRedirected > 0);
    }

    [Fact]
    public void AnAddressOfThisHostThatIsNotLoopbackIsLocalToo()
    {
        using InstalledBypass bypass = new();
        using NetworkNamespacePair networks = NetworkNamespacePair.Create();
        bypass.Install();

        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Address = networks.LeftV4,
            BytesUp = 100_000,
            BytesDown = 100_000,
        }) with
        { ServerNamespace = networks.Left, ClientNamespace = networks.Left });

        BypassStatus status = bypass.Status;
        Assert.Equal(2UL, status.SocketsInserted);
        Assert.True(status.BytesRedirected > 0);
    }

    private static IEnumerable<string> Included(string filter) => filter.Split(',').Where(part => part[0] != '!');

    private static IEnumerable<string> Excluded(string filter) => filter.Split(',').Where(part => part[0] == '!').Select(part => part[1..]);

    private static void AssertTaken(InstalledBypass bypass, SocketFamily family, bool isTaken)
    {
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Family = family,
            Port = Port,
            Pattern = TrafficPattern.PingPong,
            BytesUp = 20_000,
            BytesDown = 20_000,
        }) with
        {
            ServerNamespace = network,
            ClientNamespace = network,
            ConfigureServer = options => options with { Port = Port },
        });

        BypassStatus status = bypass.Status;
        Assert.Equal(isTaken ? 2UL : 0UL, status.SocketsInserted);
        Assert.Equal(isTaken ? 0UL : 2UL, status.SocketsFiltered);

        // A first answer that meets its reader on the way into recv() goes over TCP.
        Assert.Equal(isTaken ? 40_000UL : 0UL, status.BytesRedirected + status.BytesOverTcp);
        Assert.Equal(isTaken, status.BytesRedirected >= 30_000);
    }
}
