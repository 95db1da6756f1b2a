using Sockmap.Bypasses;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>Several that install and remove at once, and one that is stopped at any of its steps.</summary>
public sealed class ManyWritersTests
{
    [Fact]
    public async Task TheFirstInstallsOnABpfFileSystemDoNotGetInEachOthersWay()
    {
        using TestCgroup cgroup = TestCgroup.Create();
        for (int round = 0; round < 5; round++)
        {
            using TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
            string[] names = ["a", "b", "c", "d"];
            using Barrier start = new(names.Length);
            await Task.WhenAll(names.Select(name => Task.Factory.StartNew(
                () =>
                {
                    BypassManager manager = ManagerOf(bpffs);
                    start.SignalAndWait();
                    manager.Install(new BypassSettings { Name = name, Cgroup = cgroup.Path });
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));

            Assert.Equal(names, ManagerOf(bpffs).ListNames());
            Assert.All(names, name => Assert.True(ManagerOf(bpffs).Remove(name).IsComplete));
        }
    }

    [Fact]
    public async Task WritersAndReadersAtOnceMeetNothingHalfDone()
    {
        using InstalledBypass bypass = new();
        using CancellationTokenSource end = new(TimeSpan.FromSeconds(5));
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            BytesUp = TrafficOptions.UntilStopped,
            BytesDown = TrafficOptions.UntilStopped,
            Rate = 4 << 20,
        }));
        streams.WaitUntilConnected();
        Task Loop(Action<BypassManager> action) => Task.Factory.StartNew(
            () =>
            {
                BypassManager manager = ManagerOf(bypass.BpfFileSystem);
                while (!end.IsCancellationRequested)
                {
                    try
                    {
                        action(manager);
                    }
                    catch (BypassException e) when (e.Error is BypassError.BypassNotFound or BypassError.BypassSettingsDiffer)
                    {
                        // Another one was quicker.
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        await Task.WhenAll(
            Loop(manager => manager.Install(bypass.Settings)),
            Loop(manager => manager.Install(bypass.Settings with { MaxEntries = 100 }, new InstallOptions { Replace = true })),
            Loop(manager => manager.Remove(BypassSettings.DefaultName)),
            Loop(manager => Assert.All(manager.List(), status => Assert.NotEqual(BypassState.Foreign, status.State))),
            Loop(manager => _ = manager.GetEntries(BypassSettings.DefaultName).Count()));

        streams.Stop();
        bypass.Install(null, new InstallOptions { Replace = true });
        IReadOnlyList<KernelObject> objects = bypass.AllKernelObjects;
        Assert.Single(bypass.AttachedPrograms);
        bypass.Remove();
        Assert.Empty(Directory.GetFileSystemEntries(bypass.Store));
        InstalledBypass.AssertGone(objects);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StoppedAtAnyStepAnInstallLeavesNothingHalfDone(bool byFault)
    {
        using InstalledBypass bypass = new();
        for (int step = 1; StopAt(bypass, step, byFault, (manager, token) => manager.Install(bypass.Settings, null, token)); step++)
        {
            IReadOnlyList<BypassStatus> left = bypass.Manager.List();
            Assert.Empty(left);
            Assert.Empty(Directory.GetFileSystemEntries(bypass.Store));
            Assert.Empty(bypass.AttachedPrograms);
        }

        Assert.True(bypass.Status.IsHealthy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StoppedAtAnyStepAReplacementLeavesOneOfTheTwoAtWork(bool byFault)
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            BytesUp = TrafficOptions.UntilStopped,
            BytesDown = TrafficOptions.UntilStopped,
            Rate = 4 << 20,
        }));
        streams.WaitUntilConnected();
        int stopped = 0;
        for (int step = 1, wanted = 1001; StopAt(
            bypass,
            step,
            byFault,
            (manager, token) => manager.Install(bypass.Settings with { MaxEntries = wanted }, new InstallOptions { Replace = true }, token));
            step++, wanted++)
        {
            stopped++;
            Assert.True(bypass.Status.IsHealthy, string.Join(' ', bypass.Status.Problem));
            Assert.Equal([bypass.Folder], Directory.GetFileSystemEntries(bypass.Store));
            Assert.Single(bypass.AttachedPrograms);
        }

        Assert.True(stopped >= 4);
        streams.Stop();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StoppedAtAnyStepARemovalGoesOnTheNextTime(bool byFault)
    {
        using InstalledBypass bypass = new();
        for (int step = 1; ; step++)
        {
            bypass.Install();
            IReadOnlyList<KernelObject> objects = bypass.AllKernelObjects;
            if (!StopAt(bypass, step, byFault, (manager, token) => manager.Remove(BypassSettings.DefaultName, null, token)))
            {
                break;
            }

            Assert.All(bypass.Manager.List(), status => Assert.Contains(status.State, new[] { BypassState.Draining, BypassState.Incomplete }));
            if (bypass.Manager.ListNames().Count > 0)
            {
                Assert.True(bypass.Remove().IsComplete);
            }

            Assert.Empty(Directory.GetFileSystemEntries(bypass.Store));
            InstalledBypass.AssertGone(objects);
        }
    }

    private static BypassManager ManagerOf(TestBpfFileSystem bpffs) => new(new BypassManagerOptions { BpfFileSystem = bpffs.Path });

    /// <summary>
    /// Cancels the work when it tells its n-th step, or lets the listener throw there, as PowerShell's streams do on
    /// Ctrl+C. False where the work ended without.
    /// </summary>
    private static bool StopAt(InstalledBypass bypass, int step, bool byFault, Action<BypassManager, CancellationToken> work)
    {
        using CancellationTokenSource cancellation = new();
        int told = 0;
        BypassManager manager = new(new BypassManagerOptions
        {
            BpfFileSystem = bypass.BpfFileSystem.Path,
            Log = _ =>
            {
                if (++told == step)
                {
                    cancellation.Cancel();
                    if (byFault)
                    {
                        throw new OperationCanceledException("The listener has gone.");
                    }
                }
            },
        });
        try
        {
            work(manager, cancellation.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
