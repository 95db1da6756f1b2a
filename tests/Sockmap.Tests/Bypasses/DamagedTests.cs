using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>What somebody does to a bypass by hand (rm, bpftool): it is told truly, mended by an install, and removed.</summary>
public sealed class DamagedTests
{
    private static readonly TrafficOptions Endless = new()
    {
        Connections = 2,
        BytesUp = TrafficOptions.UntilStopped,
        BytesDown = TrafficOptions.UntilStopped,
        Rate = 8 << 20,
    };

    public static TheoryData<string> Pins { get; } =
    [
        "sockhash", "storage", "counters", "slot", "included_addresses", "excluded_addresses",
        "take_in", "root", "verdict", "leave", "list", "pairs", "cgroup_link", "sockmap_link",
    ];

    [Theory]
    [MemberData(nameof(Pins))]
    public void WithoutOneOfItsPinsItIsIncompleteAndRemovedWithoutALoss(string pin)
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = StreamsThrough(bypass);
        IReadOnlyList<KernelObject> objects = bypass.KernelObjects;
        Unpin(bypass, pin);

        BypassStatus status = bypass.Status;
        Assert.Equal(BypassState.Incomplete, status.State);
        Assert.Contains(status.Problem, problem => problem.Contains(
            pin switch { "cgroup_link" => "not attached to its cgroup", "sockmap_link" => "no longer attached to the SOCKHASH", _ => $" {pin} " },
            StringComparison.Ordinal));
        Assert.True(bypass.Remove().IsComplete);
        Assert.Empty(bypass.Manager.List());
        Assert.Empty(bypass.AttachedPrograms);
        streams.WaitForTraffic(50_000);
        streams.Stop();
        InstalledBypass.AssertGone(objects);
    }

    [Theory]
    [MemberData(nameof(Pins))]
    public void WithoutOneOfItsPinsAnInstallMendsItWithoutALoss(string pin)
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = StreamsThrough(bypass);
        Unpin(bypass, pin);

        // Settings that were kept in the pin differ from those asked for, as far as anybody can tell.
        Assert.NotEqual(InstallOutcome.AlreadyInstalled, bypass.Install(null, new InstallOptions { Replace = pin == "sockhash" }).Outcome);
        Assert.True(bypass.Status.IsHealthy, string.Join(' ', bypass.Status.Problem));
        Assert.Single(bypass.AttachedPrograms);
        streams.WaitForTraffic(50_000);
        streams.Stop();
    }

    [Fact]
    public void WithoutItsConfigurationItIsForeignAndForceRemovesItWithoutALoss()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = StreamsThrough(bypass);
        IReadOnlyList<KernelObject> objects = bypass.KernelObjects;
        File.Delete(Path.Combine(bypass.Folder, "config"));

        Assert.Equal(BypassState.Foreign, bypass.Status.State);
        Assert.Contains("'config'", bypass.Status.Problem.Single(), StringComparison.Ordinal);
        Assert.Equal(BypassError.BypassForeign, Assert.Throws<BypassException>(() => bypass.Remove()).Error);
        Assert.True(bypass.Remove(new RemoveOptions { Force = true }).IsComplete);
        Assert.Empty(bypass.AttachedPrograms);
        streams.WaitForTraffic(50_000);
        streams.Stop();
        InstalledBypass.AssertGone(objects);
    }

    [Fact]
    public void SomethingElsePinnedInPlaceOfAPartIsNoFault()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        foreach (string pin in Directory.GetFiles(bypass.Folder).Where(path => Path.GetFileName(path) is not "root"))
        {
            File.Delete(pin);
            using BpfProgram other = BpfProgram.OpenPinned(Path.Combine(bypass.Folder, "root"));
            other.Pin(pin);
        }

        Assert.Equal(BypassState.Foreign, bypass.Status.State);
        Assert.True(bypass.Remove(new RemoveOptions { Force = true }).IsComplete);
    }

    [Fact]
    public void ALinkToTheSockhashDetachedByHandIsToldAndMended()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        Detach(bypass, "sockmap_link");

        Assert.Equal(BypassState.Incomplete, bypass.Status.State);
        Assert.Single(bypass.Status.Attachment);
        Assert.Equal(InstallOutcome.Repaired, bypass.Install().Outcome);
        Assert.True(bypass.Status.IsHealthy);
    }

    [Fact]
    public void ALinkToTheCgroupDetachedByHandIsToldAndMended()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        Detach(bypass, "cgroup_link");

        Assert.Equal(BypassState.Incomplete, bypass.Status.State);
        Assert.Equal(InstallOutcome.Repaired, bypass.Install().Outcome);
        Assert.Single(bypass.AttachedPrograms);
    }

    [Fact]
    public void ASlotEmptiedByHandIsPausedAndMended()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using (BpfMap slot = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "slot")))
        {
            Assert.True(slot.TryDelete(0u));
        }

        Assert.Equal(BypassState.Paused, bypass.Status.State);
        Assert.Equal(InstallOutcome.Repaired, bypass.Install().Outcome);
        Assert.True(bypass.Status.IsHealthy);
    }

    [Fact]
    public void AProgramAttachedASecondTimeByHandCostsNoByteAndDoesNotHinderRemoval()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupDirectory cgroup = CgroupDirectory.Open(bypass.Cgroup.Path);
        using BpfProgram takeIn = BpfProgram.OpenPinned(Path.Combine(bypass.Folder, "take_in"));
        ProgramAttachment.Attach(takeIn, cgroup.Handle, BpfAttachType.CgroupSockOps, ProgramAttachFlags.AllowMulti);
        using RunningStreams streams = StreamsThrough(bypass);

        Assert.Equal(2, bypass.AttachedPrograms.Count);
        Assert.True(bypass.Remove().IsComplete);
        streams.WaitForTraffic(50_000);
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions { BytesUp = 50_000, BytesDown = 50_000 }));
        streams.Stop();
        ProgramAttachment.Detach(takeIn, cgroup.Handle, BpfAttachType.CgroupSockOps);
    }

    [Fact]
    public void APinWhereTheFolderOfAllBypassesShouldBeIsNamed()
    {
        using InstalledBypass bypass = new();
        using (BpfMap map = BpfMap.Create(new MapCreateRequest { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 }))
        {
            map.Pin(bypass.Store);
        }

        try
        {
            foreach (Action action in new Action[] { () => bypass.Install(), () => bypass.Remove(), () => bypass.Manager.List(), () => _ = bypass.Status })
            {
                BypassException error = Assert.Throws<BypassException>(action);
                Assert.Equal(BypassError.NoBpfFileSystem, error.Error);
                Assert.Contains(bypass.Store, error.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(bypass.Store);
        }
    }

    private static RunningStreams StreamsThrough(InstalledBypass bypass)
    {
        RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
        streams.WaitUntilConnected();
        streams.WaitForTraffic(50_000);
        Assert.True(bypass.Status.BytesRedirected > 0);
        return streams;
    }

    /// <summary>Removes a pin; the kernel frees what only the pin held a little later.</summary>
    private static void Unpin(InstalledBypass bypass, string pin)
    {
        File.Delete(Path.Combine(bypass.Folder, pin));
        Assert.True(Patience.Until(() => bypass.Status.State != BypassState.Active));
    }

    private static void Detach(InstalledBypass bypass, string pin)
    {
        using BpfLink link = BpfLink.OpenPinned(Path.Combine(bypass.Folder, pin));
        link.Detach();
    }
}
