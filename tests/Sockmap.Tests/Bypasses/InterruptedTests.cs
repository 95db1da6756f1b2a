using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>
/// The command killed before one of its steps, at points spread over its whole run, under traffic: no byte is wrong, what
/// is listed is so, and the next command leaves things as if nothing had happened.
/// </summary>
public sealed class InterruptedTests
{
    private const int SpreadPoints = 11;
    private const int FewestKills = 12;

    private static readonly TrafficOptions Endless = new()
    {
        Connections = 3,
        BytesUp = TrafficOptions.UntilStopped,
        BytesDown = TrafficOptions.UntilStopped,
        WriteSizeUp = WriteSizes.Parse("1..40000"),
        WriteSizeDown = WriteSizes.Parse("1..40000"),
        Rate = 8 << 20,
    };

    [Fact]
    public void AKilledInstallIsSeenAndRepairedByTheNextCommand()
    {
        Assert.SkipWhen(Machine.MissingForKilling is not null, Machine.MissingForKilling ?? string.Empty);
        using InstalledBypass bypass = new();
        string[] install = ["install", "--keep-sockets", "--cgroup", bypass.Cgroup.Path, "--bpffs", bypass.BpfFileSystem.Path];
        IReadOnlyList<CommandStep> steps = TracedCommand.Record(bypass.BpfFileSystem.Path, install);
        bypass.Remove();

        using RunningStreams streams = Start(bypass);
        KillAtEachPoint(steps, install, point =>
        {
            IReadOnlyList<KernelObject> objects = bypass.AllKernelObjects;
            AssertListedIsSo(bypass);
            InstallOutcome expected = bypass.Manager.List() switch
            {
                [] => InstallOutcome.Installed,
                [{ State: BypassState.Active }] => InstallOutcome.AlreadyInstalled,
                _ => InstallOutcome.Repaired,
            };
            if (point % 2 == 0)
            {
                Assert.Equal(expected, bypass.Install().Outcome);
                AssertWorks(bypass);
                objects = [.. objects, .. bypass.AllKernelObjects];
                bypass.Remove();
            }
            else if (Directory.Exists(bypass.Store) && Directory.GetDirectories(bypass.Store).Length > 0)
            {
                Assert.True(bypass.Remove().IsComplete);
            }

            AssertNothingLeft(bypass, objects);
            streams.WaitForTraffic(10_000);
        });
        streams.Stop();
    }

    [Fact]
    public void AKilledRemovalIsSeenAndEndedByTheNextCommand()
    {
        Assert.SkipWhen(Machine.MissingForKilling is not null, Machine.MissingForKilling ?? string.Empty);
        using InstalledBypass bypass = new();
        string[] remove = ["remove", "--bpffs", bypass.BpfFileSystem.Path];
        IReadOnlyList<CommandStep> steps;
        bypass.Install();
        using (RunningStreams streams = Start(bypass))
        {
            steps = TracedCommand.Record(bypass.BpfFileSystem.Path, remove);
            streams.Stop();
        }

        InstallBeforeEach(bypass, steps, remove, (point, streams, objects) =>
        {
            AssertListedIsSo(bypass);
            streams.WaitForTraffic(10_000);
            if (point % 2 == 0)
            {
                InstallResult result = bypass.Install();
                Assert.NotEqual(InstallOutcome.Replaced, result.Outcome);
                AssertWorks(bypass);
                objects = [.. objects, .. bypass.AllKernelObjects];
            }

            Assert.True(bypass.Remove().IsComplete);
            streams.WaitForTraffic(10_000);
            streams.Stop();
            AssertNothingLeft(bypass, objects);
        });
    }

    [Fact]
    public void AKilledReplacementIsSeenAndEndedByTheNextCommand()
    {
        Assert.SkipWhen(Machine.MissingForKilling is not null, Machine.MissingForKilling ?? string.Empty);
        using InstalledBypass bypass = new();
        string[] replace = ["install", "--keep-sockets", "--force", "--max-entries", "999", "--cgroup", bypass.Cgroup.Path, "--bpffs", bypass.BpfFileSystem.Path];
        IReadOnlyList<CommandStep> steps;
        bypass.Install();
        using (RunningStreams streams = Start(bypass))
        {
            steps = TracedCommand.Record(bypass.BpfFileSystem.Path, replace);
            streams.Stop();
        }

        bypass.Remove();
        InstallBeforeEach(bypass, steps, replace, (point, streams, objects) =>
        {
            // There is no moment in which nothing takes sockets in.
            Assert.NotEmpty(bypass.AttachedPrograms);
            AssertListedIsSo(bypass);
            objects = [.. objects, .. bypass.AllKernelObjects];
            streams.WaitForTraffic(10_000);
            if (point % 2 == 0)
            {
                bypass.Install(settings => settings with { MaxEntries = 999 }, new InstallOptions { Replace = true });
                AssertWorks(bypass);
                objects = [.. objects, .. bypass.AllKernelObjects];
            }

            Assert.True(bypass.Remove().IsComplete);
            streams.WaitForTraffic(10_000);
            streams.Stop();
            AssertNothingLeft(bypass, objects);
        });
    }

    private static RunningStreams Start(InstalledBypass bypass)
    {
        RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
        streams.WaitUntilConnected();
        return streams;
    }

    /// <summary>Each round with a bypass freshly installed, and streams through it.</summary>
    private static void InstallBeforeEach(
        InstalledBypass bypass,
        IReadOnlyList<CommandStep> steps,
        string[] command,
        Action<int, RunningStreams, IReadOnlyList<KernelObject>> afterwards)
    {
        RunningStreams? streams = null;
        IReadOnlyList<KernelObject> objects = [];
        try
        {
            KillAtEachPoint(
                steps,
                command,
                point => afterwards(point, streams!, objects),
                before: () =>
                {
                    streams?.Dispose();
                    bypass.Install();
                    streams = Start(bypass);
                    streams.WaitForTraffic(50_000);
                    Assert.True(bypass.Status.BytesRedirected > 0);
                    objects = bypass.AllKernelObjects;
                });
        }
        finally
        {
            streams?.Dispose();
        }
    }

    private static void KillAtEachPoint(IReadOnlyList<CommandStep> steps, string[] command, Action<int> afterwards, Action? before = null)
    {
        int kills = 0;
        int[] points = PointsOf(steps);
        foreach (int point in points)
        {
            before?.Invoke();
            try
            {
                // How long a drain takes differs from run to run, so that the last steps may come earlier.
                kills += TracedCommand.RunUntil(steps[point], command) ? 1 : 0;
                afterwards(point);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Killed before {steps[point]}, step {point + 1} of {steps.Count}: {e.Message}", e);
            }
        }

        Assert.True(kills >= FewestKills, $"Killed at {kills} points only of {points.Length}.");
    }

    /// <summary>Points evenly spread, and in any case before and after each rename.</summary>
    private static int[] PointsOf(IReadOnlyList<CommandStep> steps)
    {
        IEnumerable<int> spread = Enumerable.Range(0, SpreadPoints).Select(i => i * (steps.Count - 1) / (SpreadPoints - 1));
        IEnumerable<int> renames = Enumerable.Range(0, steps.Count - 1).Where(i => steps[i].Call == "renameat2").SelectMany(i => new[] { i, i + 1 });
        return [.. spread.Concat(renames).Distinct().Order()];
    }

    /// <summary>Holds what is listed against what the kernel says is attached to the cgroup.</summary>
    private static void AssertListedIsSo(InstalledBypass bypass)
    {
        IReadOnlyList<uint> attached = bypass.AttachedPrograms;
        IReadOnlyList<BypassStatus> listed = bypass.Manager.List();
        if (listed.Count == 0)
        {
            Assert.Empty(attached);
            return;
        }

        BypassStatus status = Assert.Single(listed);
        using BpfProgram takeIn = BpfProgram.OpenPinned(Path.Combine(bypass.Folder, "take_in"));
        bool isAttached = attached.Contains(takeIn.GetInfo().Id);
        Assert.NotEqual(BypassState.Foreign, status.State);
        bool isShownAttached = status.State is BypassState.Active or BypassState.Paused;
        if (isShownAttached != isAttached || attached.Count != (isAttached ? 1 : 0))
        {
            Assert.False(isShownAttached && !isAttached);
            Assert.Contains(status.Problem, problem => problem.Contains("died while it replaced", StringComparison.Ordinal));
        }
    }

    private static void AssertWorks(InstalledBypass bypass)
    {
        Assert.True(bypass.Status.IsHealthy, string.Join(' ', bypass.Status.Problem));
        Assert.Single(bypass.AttachedPrograms);
        ulong before = bypass.Status.BytesRedirected;
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions { BytesUp = 50_000, BytesDown = 50_000 }));
        Assert.True(bypass.Status.BytesRedirected > before);
    }

    private static void AssertNothingLeft(InstalledBypass bypass, IReadOnlyList<KernelObject> objects)
    {
        Assert.Empty(bypass.AttachedPrograms);
        Assert.Empty(Directory.GetFileSystemEntries(bypass.Store));
        InstalledBypass.AssertGone(objects);
    }
}
