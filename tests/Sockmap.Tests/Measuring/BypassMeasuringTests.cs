using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Measuring;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Workers;

namespace Sockmap.Tests.Measuring;

/// <summary>A run measures what it says, and nothing of it is left. No number of a clock is asserted on.</summary>
public sealed class BypassMeasuringTests
{
    private static readonly string NaiveObject = Path.Combine(AppContext.BaseDirectory, "objects", "naive.bpf.o");

    private static MeasureOptions Short => new() { Rounds = 3, RoundTime = TimeSpan.FromMilliseconds(20), MessageSizes = [64] };

    [Fact]
    public void EveryCombinationHasItsRow()
    {
        using InstalledBypass sandbox = new();
        MeasureOptions options = Short with
        {
            MessageSizes = [1, 4096, 1 << 20],
            Connections = [1, 8],
            Arms = Enum.GetValues<MeasurementArm>(),
            ObjectPath = NaiveObject,
        };

        List<Measurement> rows = Run(sandbox, options);

        MeasurementArm[] arms = Enum.GetValues<MeasurementArm>();
        var expected =
            from kind in Enum.GetValues<MeasurementKind>()
            from size in kind == MeasurementKind.ConnectionRate ? [1] : options.MessageSizes
            from connections in options.Connections
            from arm in arms
            select (kind, size, connections, arm);
        Assert.Equal(expected, rows.Select(row => (row.Kind, row.MessageSize, row.Connections, row.Arm)));
        Assert.All(rows, row =>
        {
            Assert.True(row.Median > 0, row.ToString());
            Assert.True(row.Median <= row.P99 && row.P99 <= row.P999 && row.P999 <= row.Maximum, row.ToString());
            Assert.True(row.RatioLow <= row.Ratio && row.Ratio <= row.RatioHigh, row.ToString());
            Assert.Equal(3, row.Rounds);
            Assert.Equal(row.Kind == MeasurementKind.ConnectionRate, row.CpuSecondsPerGigabyte is null);
            Assert.Equal(row.Arm == MeasurementArm.Object ? NaiveObject : null, row.ObjectPath);
            Assert.Equal(row.IsNoisy, row.Remark.Contains("noisy", StringComparison.Ordinal));
            Assert.Contains(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), row.Machine, StringComparison.Ordinal);
        });
        Assert.All(rows.Where(row => row.CpuSecondsPerGigabyte is not null), row => Assert.True(row.CpuSecondsPerGigabyte > 0, row.ToString()));
        Assert.All(rows.Where(row => row.Arm == MeasurementArm.Tcp), row => Assert.Equal((1, 1, 1), (row.Ratio, row.RatioLow, row.RatioHigh)));
    }

    [Fact]
    public void OnlyTheBytesOfTheBypassSkipTcp()
    {
        using InstalledBypass sandbox = new();
        List<BypassStatus> seen = [];

        List<Measurement> rows = Run(
            sandbox,
            Short with { Kinds = [MeasurementKind.Latency, MeasurementKind.Throughput], ObjectPath = NaiveObject },
            new Told(_ => seen.Add(Assert.Single(sandbox.Manager.List()))));

        // By TCP's own count.
        Assert.All(rows.Where(row => row.Arm is MeasurementArm.Tcp or MeasurementArm.Unix), row => Assert.Equal(0, row.RedirectedShare));
        Assert.All(rows.Where(row => row.Arm == MeasurementArm.Bypass && row.Kind == MeasurementKind.Latency), row => Assert.InRange(row.RedirectedShare, 0.9, 1));
        Assert.All(rows.Where(row => row.Arm == MeasurementArm.Bypass && row.Kind == MeasurementKind.Throughput), row => Assert.InRange(row.RedirectedShare, 0.01, 1));
        Assert.All(rows.Where(row => row.Arm == MeasurementArm.Object), row => Assert.InRange(row.RedirectedShare, 0.99, 1));

        // By the counters of the bypass: the two sockets of each kind are in, and nobody else's.
        Assert.Equal(4UL, seen[^1].SocketsInserted);
        Assert.True(seen[^1].BytesRedirected > 0);
        Assert.True(seen[^1].BytesRedirected > seen[0].BytesRedirected);
        Assert.All(seen, status => Assert.True(status.IsHealthy, string.Join(' ', status.Problem)));
    }

    [Fact]
    public void ConnectionsMadeInTheRoundsAreEachInTheirCgroup()
    {
        using InstalledBypass sandbox = new();
        BypassStatus? last = null;

        List<Measurement> rows = Run(
            sandbox,
            Short with { Kinds = [MeasurementKind.ConnectionRate], ObjectPath = NaiveObject },
            new Told(_ => last = Assert.Single(sandbox.Manager.List())));

        Assert.All(rows, row => Assert.InRange(row.RedirectedShare, row.Arm is MeasurementArm.Tcp or MeasurementArm.Unix ? 0 : 0.9, row.Arm is MeasurementArm.Tcp or MeasurementArm.Unix ? 0 : 1));

        // A client of another way would be half a connection, whose messages find no peer.
        Assert.True(last!.MessagesRedirected > 0);
        Assert.Equal(2 * last.MessagesRedirected, last.SocketsInserted);
        Assert.Equal(0UL, last.MessagesOverTcp);
    }

    [Fact]
    public void TheMeasuredLoopsAllocateNothing()
    {
        using InstalledBypass sandbox = new();
        MeasureOptions options = MeasureRules.Check(Short with { Connections = [4], ObjectPath = NaiveObject });
        IReadOnlyList<MeasureCase> cases = MeasureCase.Of(options);
        using (MeasureRun run = MeasureRun.Begin(sandbox.Manager, options, cases.Count, new CliWorkerHost(), null, null, CancellationToken.None))
        {
            Assert.All(cases, measured =>
            {
                Assert.Equal(4, run.Measure(measured).Count);
                Assert.Equal(0, run.Allocated);
            });
        }

        AssertNothingIsLeft(sandbox);
    }

    [Fact]
    public void OnTwoCpusEachEndHasItsOwn()
    {
        using InstalledBypass sandbox = new();
        IReadOnlyList<int> usable = MachineText.UsableCpus();
        Assert.SkipUnless(usable.Count >= 2, "This machine has one CPU.");
        List<string> allowed = [];

        List<Measurement> rows = Run(
            sandbox,
            Short with { Kinds = [MeasurementKind.Latency], Cpus = [usable[1], usable[0]] },
            new Told(_ => allowed.AddRange(Workers().Select(AllowedCpusOfItsThreads))));

        string text = string.Create(CultureInfo.InvariantCulture, $"{usable[1]},{usable[0]}");
        Assert.All(rows, row => Assert.Equal(text, row.Cpu));
        Assert.Equal(
            [string.Create(CultureInfo.InvariantCulture, $"client on {usable[0]}"), string.Create(CultureInfo.InvariantCulture, $"server on {usable[1]}")],
            allowed.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ProgressComesToItsEnd()
    {
        using InstalledBypass sandbox = new();
        List<MeasureProgress> told = [];

        Run(sandbox, Short with { Kinds = [MeasurementKind.Throughput], MessageSizes = [1, 64], Arms = [MeasurementArm.Unix] }, new Told(told.Add));

        // Two cases, two ways, three rounds and the one that warms up.
        Assert.Equal(Enumerable.Range(1, 16), told.Select(progress => progress.Done));
        Assert.All(told, progress => Assert.Equal(16, progress.Total));
        Assert.Equal("Throughput, 1 bytes, 1 connection", told[0].Doing);
        Assert.Equal(TimeSpan.Zero, told[^1].Remaining);
    }

    [Fact]
    public void LeavingEarlyLeavesNothing()
    {
        using InstalledBypass sandbox = new();
        IEnumerable<Measurement> rows = new BypassMeasuring(sandbox.Manager).Run(Short, new CliWorkerHost());

        Assert.Equal(MeasurementArm.Tcp, rows.First().Arm);

        AssertNothingIsLeft(sandbox);
    }

    [Fact]
    public void CancellingLeavesNothing()
    {
        using InstalledBypass sandbox = new();
        using CancellationTokenSource cancelled = new();
        Told progress = new(value =>
        {
            if (value.Done == 3)
            {
                cancelled.Cancel();
            }
        });

        Assert.ThrowsAny<OperationCanceledException>(
            () => new BypassMeasuring(sandbox.Manager).Run(Short, new CliWorkerHost(), progress, cancelled.Token).ToList());

        AssertNothingIsLeft(sandbox);
    }

    [Theory]
    [InlineData("read line; kill -9 $$", "ended before its time")]
    [InlineData("read line; echo hello; exec cat", "answered something else")]
    [InlineData("read line; echo null; exec cat", "answered nothing")]
    public void AProcessThatDoesNotWorkIsAnErrorAndLeavesNothing(string script, string message)
    {
        using InstalledBypass sandbox = new();

        BypassException error = Assert.Throws<BypassException>(() => new BypassMeasuring(sandbox.Manager).Run(Short, new ShellWorkerHost(script)).ToList());

        Assert.Equal(BypassError.WorkerFailed, error.Error);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        AssertNothingIsLeft(sandbox);
    }

    [Fact]
    public void AKilledServerIsAnErrorAndLeavesNothing()
    {
        using InstalledBypass sandbox = new();
        bool killed = false;
        Told progress = new(_ =>
        {
            if (!killed)
            {
                killed = true;
                using System.Diagnostics.Process server = System.Diagnostics.Process.GetProcessById(Workers().First(IsServer));
                server.Kill();
                server.WaitForExit();
            }
        });

        BypassException error = Assert.Throws<BypassException>(() => new BypassMeasuring(sandbox.Manager).Run(Short, new CliWorkerHost(), progress).ToList());

        Assert.Equal(BypassError.WorkerFailed, error.Error);
        AssertNothingIsLeft(sandbox);
    }

    [Fact]
    public void WhatAKilledRunLeftGoesWithTheNext()
    {
        using InstalledBypass sandbox = new();
        using (TestCgroup gone = sandbox.Cgroup.CreateChild("gone"))
        {
            sandbox.Manager.Install(new BypassSettings { Name = "sockmap-measure-999999999-1", Cgroup = gone.Path });
        }

        sandbox.Install();

        Run(sandbox, Short with { Kinds = [MeasurementKind.Latency] }, except: BypassSettings.DefaultName);
    }

    [Fact]
    public void ABypassOverAllIsAnError()
    {
        using InstalledBypass sandbox = new();

        // Of ports that nobody uses here: what else runs on this machine stays as it is.
        sandbox.Install(settings => settings with { Cgroup = CgroupHierarchy.FindRoot(), Ports = [new PortRange(1, 1)] });

        BypassException error = Assert.Throws<BypassException>(() => new BypassMeasuring(sandbox.Manager).Run(Short, new CliWorkerHost()).ToList());

        Assert.Equal(BypassError.NotMeasurable, error.Error);
        Assert.Contains("'default'", error.Message, StringComparison.Ordinal);
        AssertNothingIsLeft(sandbox, BypassSettings.DefaultName);
    }

    public static TheoryData<string, MeasureOptions> Impossible => new()
    {
        { "0 is no message size: 1 to 16777216 bytes are possible.", Short with { MessageSizes = [64, 0] } },
        { "16777217 is no message size: 1 to 16777216 bytes are possible.", Short with { MessageSizes = [(16 << 20) + 1] } },
        { "No message size is given: name one at least.", Short with { MessageSizes = [] } },
        { "1025 is no number of connections: 1 to 1024 are possible.", Short with { Connections = [1025] } },
        { "No kind is given: name Latency, Throughput or ConnectionRate.", Short with { Kinds = [] } },
        { "2 rounds are not possible: 3 to 1000 are.", Short with { Rounds = 2 } },
        { "A round cannot take 0.001 s: 0.01 to 60 s are possible.", Short with { RoundTime = TimeSpan.FromMilliseconds(1) } },
        { "The arm Object is asked for and no object file is given.", Short with { Arms = [MeasurementArm.Object] } },
        { "3 CPUs are given: name one that server and client share, or the server's and the client's.", Short with { Cpus = [0, 0, 0] } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void WhatCannotBeIsOneClearError(string message, MeasureOptions options)
    {
        BypassException error = Assert.Throws<BypassException>(() => new BypassMeasuring(new BypassManager()).Run(options, new CliWorkerHost()));

        Assert.Equal(BypassError.InvalidSetting, error.Error);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void ACpuThatIsNotThereIsOneClearError()
    {
        BypassException error = Assert.Throws<BypassException>(
            () => new BypassMeasuring(new BypassManager()).Run(Short with { Cpus = [1000] }, new CliWorkerHost()));

        Assert.StartsWith("CPU 1000 cannot be used: this process may run on ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nosuch.o", "Could not find file")]
    [InlineData("/etc/passwd", "cannot be measured")]
    public void AFileThatIsNoObjectIsOneClearError(string path, string message) => AssertUnfit(path, message);

    [Fact]
    public void AnObjectThatDoesNotTellWhichProgramIsOneClearError()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".o");
        using (Stream ours = typeof(BypassMeasuring).Assembly.GetManifestResourceStream("bypass.bpf.o")!)
        using (FileStream file = File.Create(path))
        {
            ours.CopyTo(file);
        }

        try
        {
            AssertUnfit(path, "sk_msg programs (");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WhatIsWrittenAsJsonIsReadAgain()
    {
        using InstalledBypass sandbox = new();
        List<Measurement> rows = Run(sandbox, Short with { Kinds = [MeasurementKind.ConnectionRate] });
        using StringWriter text = new(CultureInfo.InvariantCulture);

        MeasurementJson.Write(text, rows);

        Assert.Equal(rows, MeasurementJson.Read(text.ToString()));
        Assert.Contains("\"kind\":\"ConnectionRate\"", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(BypassError.InvalidSetting, Assert.Throws<BypassException>(() => MeasurementJson.Read("{}")).Error);
    }

    private static void AssertUnfit(string path, string message)
    {
        using InstalledBypass sandbox = new();

        BypassException error = Assert.Throws<BypassException>(
            () => new BypassMeasuring(sandbox.Manager).Run(Short with { ObjectPath = path }, new CliWorkerHost()).ToList());

        Assert.Equal(BypassError.InvalidSetting, error.Error);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        AssertNothingIsLeft(sandbox);
    }

    private static List<Measurement> Run(InstalledBypass sandbox, MeasureOptions options, IProgress<MeasureProgress>? progress = null, params string[] except)
    {
        KernelObjects before = KernelObjects.Snapshot();
        IReadOnlyList<KernelObject> made = [];
        Told wrapped = new(value =>
        {
            made = made.Count == 0 ? sandbox.AllKernelObjects : made;
            progress?.Report(value);
        });
        List<Measurement> rows = [.. new BypassMeasuring(sandbox.Manager).Run(options, new CliWorkerHost(), wrapped)];
        AssertNothingIsLeft(sandbox, except);
        if (except.Length == 0)
        {
            InstalledBypass.AssertGone(made);
        }

        before.AssertNothingLeft(kernelObject => kernelObject.Name.StartsWith("naive_", StringComparison.Ordinal));
        return rows;
    }

    private static void AssertNothingIsLeft(InstalledBypass sandbox, params string[] except)
    {
        Assert.Equal(except, sandbox.Manager.ListNames());
        Assert.Empty(Directory.GetDirectories(CgroupHierarchy.FindRoot(), string.Create(CultureInfo.InvariantCulture, $"sockmap-measure-{Environment.ProcessId}-*")));
        Assert.Empty(Workers());
    }

    private static IReadOnlyList<int> Workers() =>
    [
        .. Directory.GetDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0 && CommandLine(id).Contains("\0measure-", StringComparison.Ordinal) && IsChild(id)),
    ];

    private static bool IsServer(int process) => CommandLine(process).Contains(MeasureWorker.ServerJob, StringComparison.Ordinal);

    private static string AllowedCpusOfItsThreads(int process)
    {
        string end = IsServer(process) ? "server" : "client";
        IEnumerable<string> threads = Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task"))
            .Where(thread => string.Equals(File.ReadAllText(thread + "/comm").Trim(), end, StringComparison.Ordinal));
        return end + " on " + string.Join(' ', threads
            .Select(thread => File.ReadLines(thread + "/status").First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1])
            .Distinct(StringComparer.Ordinal));
    }

    private static bool IsChild(int process) =>
        ReadOrEmpty(process, "status").Contains(string.Create(CultureInfo.InvariantCulture, $"PPid:\t{Environment.ProcessId}\n"), StringComparison.Ordinal);

    private static string CommandLine(int process) => ReadOrEmpty(process, "cmdline");

    private static string ReadOrEmpty(int process, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"));
        }
        catch (IOException)
        {
            // It has just ended.
            return string.Empty;
        }
    }

    /// <summary>Unlike <see cref="Progress{T}"/> at once.</summary>
    private sealed class Told(Action<MeasureProgress> tell) : IProgress<MeasureProgress>
    {
        public void Report(MeasureProgress value) => tell(value);
    }
}
