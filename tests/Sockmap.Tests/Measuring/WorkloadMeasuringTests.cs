using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Measuring;
using Sockmap.Measuring.Workloads;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Measuring;

/// <summary>Real programs are measured where they are installed, and nothing of them is left.</summary>
public sealed class WorkloadMeasuringTests
{
    [Theory]
    [InlineData(WorkloadProgram.Redis, "Throughput Redis SET, Latency Redis SET, Throughput Redis GET, Latency Redis GET")]
    [InlineData(WorkloadProgram.Iperf3, "Throughput iperf3")]
    [InlineData(WorkloadProgram.Sockperf, "Latency sockperf")]
    [InlineData(WorkloadProgram.Postgres, "Throughput pgbench -S, Latency pgbench -S")]
    public void EachFigureHasARowForEachWay(WorkloadProgram program, string figures)
    {
        SkipUnlessInstalled(program);
        using InstalledBypass sandbox = new();
        int told = 0;

        List<Measurement> rows = [.. new WorkloadMeasuring(sandbox.Manager).Run(Short(program), new Told(progress => Assert.Equal(++told, progress.Done)))];

        // Two ways, three rounds and the one that warms up.
        Assert.Equal(8, told);
        Assert.Equal(
            figures.Split(", ").SelectMany(figure => new[] { figure + " Tcp", figure + " Bypass" }),
            rows.Select(row => $"{row.Kind} {row.Workload} {row.Arm}"));
        Assert.All(rows, row =>
        {
            Assert.True(row.Median > 0, row.ToString());
            Assert.True(row.RatioLow <= row.Ratio && row.Ratio <= row.RatioHigh, row.ToString());
            Assert.Equal(3, row.Rounds);
            Assert.Equal(WorkloadRules.Create(program).UsualMessageSize, row.MessageSize);
            Assert.Equal(program == WorkloadProgram.Iperf3, row.CpuSecondsPerGigabyte is not null);
        });
        Assert.All(rows.Where(row => row.Arm == MeasurementArm.Tcp), row => Assert.Equal((1, 1, 1, 0), (row.Ratio, row.RatioLow, row.RatioHigh, row.RedirectedShare)));

        // By the counters of the bypass, which saw nobody else.
        Assert.All(rows.Where(row => row.Arm == MeasurementArm.Bypass), row => Assert.True(row.RedirectedShare > 0, row.ToString()));
        AssertNothingIsLeft(sandbox);
    }

    [Theory]
    [InlineData(WorkloadProgram.Iperf3)]
    [InlineData(WorkloadProgram.Postgres)]
    public void CancellingLeavesNothing(WorkloadProgram program)
    {
        SkipUnlessInstalled(program);
        using InstalledBypass sandbox = new();
        using CancellationTokenSource cancelled = new();

        Assert.ThrowsAny<OperationCanceledException>(
            () => new WorkloadMeasuring(sandbox.Manager).Run(Short(program), new Told(_ => cancelled.Cancel()), cancelled.Token).ToList());

        AssertNothingIsLeft(sandbox);
    }

    [Fact]
    public void MessageSizesAndConnectionsAreThePrograms()
    {
        SkipUnlessInstalled(WorkloadProgram.Redis);
        using InstalledBypass sandbox = new();

        List<Measurement> rows = [.. new WorkloadMeasuring(sandbox.Manager).Run(Short(WorkloadProgram.Redis) with { MessageSizes = [1, 4096], Connections = [4] })];

        Assert.Equal([1, 4096], rows.Select(row => row.MessageSize).Distinct());
        Assert.All(rows, row => Assert.Equal(4, row.Connections));
        AssertNothingIsLeft(sandbox);
    }

    public static TheoryData<WorkloadOptions, string> Impossible => new()
    {
        { Short(WorkloadProgram.Postgres) with { MessageSizes = [64] }, "Postgres has no message size: leave it away." },
        { Short(WorkloadProgram.Sockperf) with { MessageSizes = [64, 1] }, "Sockperf cannot have messages of 1 bytes: 14 to 65507 are possible." },
        { Short(WorkloadProgram.Sockperf) with { Connections = [2] }, "Sockperf cannot have 2 connections: 1 at most." },
        { Short(WorkloadProgram.Redis) with { Rounds = 2 }, "2 rounds are not possible: 3 to 1000 are." },
        { new WorkloadOptions { Workloads = [] }, "No workload is given: name Redis, Iperf3, Sockperf or Postgres." },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void WhatCannotBeIsOneClearError(WorkloadOptions options, string message)
    {
        BypassException error = Assert.Throws<BypassException>(() => new WorkloadMeasuring(new BypassManager()).Run(options));

        Assert.Equal(BypassError.InvalidSetting, error.Error);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void AProgramThatIsNotInstalledIsNamedWithItsPackage()
    {
        BypassException error = Assert.Throws<BypassException>(() => InstalledPrograms.Find("sockmap-no-such-program", "some-package"));

        Assert.Equal(BypassError.NotMeasurable, error.Error);
        Assert.Equal("sockmap-no-such-program is not installed: apt-get install some-package brings it on Debian and Ubuntu.", error.Message);
    }

    [Fact]
    public void AServerThatDoesNotStartIsAnErrorAndLeavesItsReason()
    {
        using WorkloadPlace place = new(CgroupHierarchy.FindRoot(), [MachineText.UsableCpus()[0]], CancellationToken.None);
        place.StartServer("/bin/sh", ["-c", "echo no such luck >&2; exit 3"]);

        BypassException error = Assert.Throws<BypassException>(place.WaitUntilItListens);

        Assert.Equal(BypassError.WorkerFailed, error.Error);
        Assert.Contains("ended with 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AClientThatFailsIsAnErrorWithWhatItSaid()
    {
        using WorkloadPlace place = new(CgroupHierarchy.FindRoot(), [MachineText.UsableCpus()[0]], CancellationToken.None);

        BypassException error = Assert.Throws<BypassException>(() => place.Run("/bin/sh", ["-c", "echo refused >&2; exit 4"], TimeSpan.Zero));

        Assert.Equal("'/bin/sh -c echo refused >&2; exit 4' ended with 4: refused", error.Message);
    }

    private static WorkloadOptions Short(WorkloadProgram program) => new() { Workloads = [program], Rounds = 3 };

    private static void SkipUnlessInstalled(WorkloadProgram program)
    {
        IWorkload workload = WorkloadRules.Create(program);
        string? missing = workload.Programs.FirstOrDefault(name => InstalledPrograms.TryFind(name) is null);
        Assert.SkipWhen(missing is not null, $"{missing} is not installed (apt-get install {workload.Package}).");
    }

    private static void AssertNothingIsLeft(InstalledBypass sandbox)
    {
        Assert.Empty(sandbox.Manager.ListNames());
        Assert.Empty(Directory.GetDirectories(CgroupHierarchy.FindRoot(), string.Create(CultureInfo.InvariantCulture, $"sockmap-measure-{Environment.ProcessId}-*")));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), IsMeasuredChild);
    }

    /// <summary>Whether this is a child of ours in a folder of a run.</summary>
    private static bool IsMeasuredChild(string process)
    {
        try
        {
            return File.ReadAllText(process + "/status").Contains(string.Create(CultureInfo.InvariantCulture, $"PPid:\t{Environment.ProcessId}\n"), StringComparison.Ordinal)
                && new FileInfo(process + "/cwd").LinkTarget is { } folder && folder.StartsWith(Path.Combine(Path.GetTempPath(), "sockmap-measure-"), StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It is no process, or has just ended.
            return false;
        }
    }

    /// <summary>Unlike <see cref="Progress{T}"/> at once.</summary>
    private sealed class Told(Action<MeasureProgress> tell) : IProgress<MeasureProgress>
    {
        public void Report(MeasureProgress value) => tell(value);
    }
}
