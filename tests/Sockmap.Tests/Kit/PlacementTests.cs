using System.Net.NetworkInformation;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Kit;

public sealed class PlacementTests
{
    private static readonly TrafficOptions s_small = new() { BytesUp = 300_000, BytesDown = 500_000 };

    [Fact]
    public void ACgroupHoldsItsProcessesAndTakesThemAlong()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        RunningStreams? streams = null;
        string path;
        using (var cgroup = TestCgroup.Create())
        {
            path = cgroup.Path;
            TestCgroup child = cgroup.CreateChild("child");
            streams = CheckedStreams.Start(new StreamScenario { Options = s_small with { HoldSending = true }, ServerCgroup = cgroup, ClientCgroup = child });
            streams.WaitUntilConnected();
            Assert.Equal([streams.Server.Id], cgroup.Members);
            Assert.Equal([streams.Client.Id], child.Members);
        }

        Assert.False(Directory.Exists(path));
        Assert.Throws<TrafficFailedException>(streams.Finish);
        streams.Dispose();
    }

    [Fact]
    public void ABpfFileSystemComesAndGoes()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        string path;
        using (var fileSystem = TestBpfFileSystem.Mount())
        {
            path = fileSystem.Path;
            Assert.Contains(new MountEntry(path, "bpf"), MountEntry.ReadAll());
        }

        Assert.DoesNotContain(MountEntry.ReadAll(), m => m.MountPoint == path);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void ANamespaceIsApartAndTheCallerStaysWhereItWas()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        string own = new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
        string path;
        using (var place = TestNetworkNamespace.Create())
        {
            path = place.Path;
            Assert.NotEqual(own, place.Run(() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!), StringComparer.Ordinal);
            Assert.Equal(["lo"], place.Run(() => NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name)), StringComparer.Ordinal);
            string before = File.ReadAllText("/proc/sys/net/ipv4/tcp_fastopen");
            place.EnableFastOpen();
            Assert.Equal("519", place.GetSysctl("net/ipv4/tcp_fastopen"));
            Assert.Equal(before, File.ReadAllText("/proc/sys/net/ipv4/tcp_fastopen"));
            Assert.Throws<InvalidOperationException>(() => place.Run(() => throw new InvalidOperationException()));
        }

        Assert.Equal(own, new FileInfo("/proc/thread-self/ns/net").LinkTarget);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void AThreadThatStaysInANamespaceIsToldOf()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        using ManualResetEventSlim end = new();
        Thread? born = null;
        TestNetworkNamespace place = TestNetworkNamespace.Create();
        place.Run(() =>
        {
            born = new Thread(end.Wait) { Name = "born there" };
            born.Start();
        });

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(place.Dispose);
        end.Set();
        born!.Join();

        Assert.Contains("(born there)", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(place.Path));
    }

    [Theory]
    [InlineData(SocketFamily.V4)]
    [InlineData(SocketFamily.V6)]
    [InlineData(SocketFamily.MappedServer)]
    public void StreamsCrossTwoNamespacesAndAreSeenOnTheWire(SocketFamily family)
    {
        Assert.SkipWhen(Machine.MissingForNamespaces is not null, Machine.MissingForNamespaces ?? string.Empty);
        using var pair = NetworkNamespacePair.Create();
        const int Port = 5000;
        using var counter = PacketCounter.Start(NetworkNamespacePair.Interface, Port, pair.Right);
        using var other = PacketCounter.Start(NetworkNamespacePair.Interface, Port + 1, pair.Right);
        CheckedStreams.Run(new StreamScenario
        {
            Options = s_small with { Family = family, Address = family == SocketFamily.V6 ? pair.LeftV6 : pair.LeftV4 },
            ServerNamespace = pair.Left,
            ClientNamespace = pair.Right,
            ConfigureServer = o => o with { Port = Port },
        });
        PacketCounts counts = counter.Read();
        Assert.Equal(0, counts.Dropped);
        Assert.InRange(counts.PayloadBytesToPort, s_small.BytesUp, s_small.BytesUp * 2);
        Assert.InRange(counts.PayloadBytesFromPort, s_small.BytesDown, s_small.BytesDown * 2);
        Assert.Equal(0, other.Read().Segments);
    }

    [Theory]
    [InlineData(SocketFamily.V4)]
    [InlineData(SocketFamily.V6)]
    public void LoopbackSegmentsAreCountedOnce(SocketFamily family)
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        using var place = TestNetworkNamespace.Create();
        using var counter = PacketCounter.Start("lo", 5000, place);
        CheckedStreams.Run(new StreamScenario
        {
            Options = s_small with { Family = family, Connections = 2 },
            ServerNamespace = place,
            ClientNamespace = place,
            ConfigureServer = o => o with { Port = 5000 },
        });
        PacketCounts counts = counter.Read();
        Assert.Equal(0, counts.Dropped);
        // A reader that starts slowly makes the sender probe with a segment that it has already sent; twice would be a wrong count.
        Assert.InRange(counts.PayloadBytesToPort, 2 * s_small.BytesUp, 3 * s_small.BytesUp);
        Assert.InRange(counts.PayloadBytesFromPort, 2 * s_small.BytesDown, 3 * s_small.BytesDown);
        Assert.True(counts.Segments > counts.SegmentsWithPayload);
    }

    [Fact]
    public void TheSameAddressesAndPortsInTwoNamespacesAreTwoConnections()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        using var one = TestNetworkNamespace.Create();
        using var two = TestNetworkNamespace.Create();
        using RunningStreams first = Start(one);
        using RunningStreams second = Start(two);
        first.WaitUntilConnected();
        second.WaitUntilConnected();
        Assert.Equal(first.Client.ConnectedPorts, second.Client.ConnectedPorts);
        first.SendCommand("resume-sending");
        second.SendCommand("resume-sending");
        first.Finish();
        second.Finish();

        static RunningStreams Start(TestNetworkNamespace place) => CheckedStreams.Start(new StreamScenario
        {
            Options = s_small with { HoldSending = true },
            ServerNamespace = place,
            ClientNamespace = place,
            ConfigureServer = o => o with { Port = 5000 },
            ConfigureClient = o => o with { LocalPort = 40000 },
        });
    }
}
