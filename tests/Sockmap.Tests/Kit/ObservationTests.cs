using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Kit;

public sealed class ObservationTests
{
    private static bool IsOurs(KernelObject o) => o.Kind is KernelObjectKind.Cgroup or KernelObjectKind.Mount or KernelObjectKind.File;

    [Fact]
    public void WhatIsLeftBehindIsNamed()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        var before = KernelObjects.Snapshot();
        using (var cgroup = TestCgroup.Create())
        using (var fileSystem = TestBpfFileSystem.Mount())
        using (var place = TestNetworkNamespace.Create())
        {
            IReadOnlyList<KernelObject> left = before.LeftBehind(IsOurs, TimeSpan.Zero);
            Assert.Contains(new KernelObject(KernelObjectKind.Cgroup, 0, cgroup.Path), left);
            Assert.Contains(new KernelObject(KernelObjectKind.Mount, 0, fileSystem.Path), left);
            Assert.Contains(new KernelObject(KernelObjectKind.Mount, 0, place.Path), left);
            Assert.Throws<InvalidOperationException>(() => before.AssertNothingLeft(IsOurs, TimeSpan.Zero));
        }

        before.AssertNothingLeft(IsOurs);
    }

    [Fact]
    public void BpfObjectsAreSeenByNameAndSeenToGo()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        static bool IsMade(KernelObject o) => o.Name is "kit_map" or "kit_program";
        var before = KernelObjects.Snapshot();
        using (var made = new TestBpfObjects("kit_map", "kit_program"))
        {
            IReadOnlyList<KernelObject> left = before.LeftBehind(IsMade, TimeSpan.Zero);
            Assert.Contains(left, o => o.Kind == KernelObjectKind.BpfMap && o.Name == "kit_map");
            Assert.Contains(left, o => o.Kind == KernelObjectKind.BpfProgram && o.Name == "kit_program");
        }

        before.AssertNothingLeft(IsMade);
    }

    [Fact]
    public void AReaderThatStopsIsSeenInKernelMemory()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        var before = KernelMemory.Read();
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = new TrafficOptions { Pattern = TrafficPattern.UpOnly, BytesUp = 64 << 20, WriteSizeUp = WriteSizes.Parse("65536"), Connections = 8 },
            ConfigureServer = o => o with { PauseReaderAt = 0 },
        });
        streams.Server.WaitUntilReaderPaused();
        // Each connection's queues hold megabytes before the sender blocks.
        Assert.True(Patience.Until(() => KernelMemory.Read().TcpBytes - before.TcpBytes > 8 << 20));
        Assert.True(KernelMemory.Read().QueueBytes - before.QueueBytes > 8 << 20);
        streams.Server.SendCommand("resume-reading");
        streams.Finish();
        Assert.True(Patience.Until(() => KernelMemory.Read().TcpBytes - before.TcpBytes < 8 << 20));
    }
}
