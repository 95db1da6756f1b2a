using System.Diagnostics;
using Sockmap.Bypasses;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.Workers;

namespace Sockmap.Tests.Workers;

/// <summary>Processes of ours: started in a cgroup, told and asked by lines, and never left behind.</summary>
public sealed class WorkerProcessTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task ItAnswersLines()
    {
        using WorkerProcess worker = WorkerProcess.Start(new WorkerCommand("/bin/cat", []), "the echo");
        await worker.WriteAsync("one", CancellationToken.None);
        await worker.WriteAsync("two", CancellationToken.None);

        Assert.Equal("one", await worker.ReadAsync(Timeout, CancellationToken.None));
        Assert.Equal("two", await worker.ReadAsync(Timeout, CancellationToken.None));
    }

    [Fact]
    public async Task OneThatDiesIsToldWithItsLastWords()
    {
        using WorkerProcess worker = WorkerProcess.Start(new WorkerCommand("/bin/sh", ["-c", "echo no room >&2; exit 9"]), "the worker");

        WorkerException error = await Assert.ThrowsAsync<WorkerException>(() => worker.ReadAsync(Timeout, CancellationToken.None));

        Assert.Equal($"The worker (process {worker.Id}) ended before its time with exit code 9: no room", error.Message);
    }

    [Fact]
    public async Task OneThatIsSilentIsTold()
    {
        using WorkerProcess worker = WorkerProcess.Start(new WorkerCommand("/bin/cat", []), "the worker");

        WorkerException error = await Assert.ThrowsAsync<WorkerException>(() => worker.ReadAsync(TimeSpan.FromSeconds(0.2), CancellationToken.None));

        Assert.Contains("has not answered for 0.2 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneThatDoesNotEndIsKilled()
    {
        int id;
        using (WorkerProcess worker = WorkerProcess.Start(new WorkerCommand("/bin/sleep", ["600"]), "the worker"))
        {
            id = worker.Id;
        }

        Assert.False(Directory.Exists($"/proc/{id}"));
    }

    [Fact]
    public void AProgramThatIsNotThereIsNamed()
    {
        WorkerException error = Assert.Throws<WorkerException>(() => WorkerProcess.Start(new WorkerCommand("/nosuch/program", []), "the worker"));

        Assert.StartsWith("'/nosuch/program' could not be started as the worker: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OursEndsWithItsInputHoweverItIsStarted(bool byHook)
    {
        IWorkerHost host = byHook ? new DotnetWorkerHost(CliWorkerHost.Program, "--version") : new CliWorkerHost();
        WorkerCommand command = host.CommandFor("proof");
        ProcessStartInfo start = new(command.FileName, command.Arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Assert.False(process.WaitForExit(500));
        process.StandardInput.Close();
        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(0, process.ExitCode);
        Assert.Empty(process.StandardOutput.ReadToEnd());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AJobThatIsNotKnownIsNamed(bool byHook)
    {
        IWorkerHost host = byHook ? new DotnetWorkerHost(CliWorkerHost.Program, "--version") : new CliWorkerHost();
        using WorkerProcess worker = WorkerProcess.Start(host.CommandFor("nosuch"), "the worker");

        WorkerException error = await Assert.ThrowsAsync<WorkerException>(() => worker.ReadAsync(Timeout, CancellationToken.None));

        Assert.EndsWith("with exit code 2: There is no job 'nosuch' in this version of Sockmap.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ItsCgroupGoesAlsoWhenItHasJustDied()
    {
        using TestCgroup parent = TestCgroup.Create();
        string path;
        using (WorkerCgroup cgroup = WorkerCgroup.Create(parent.Path, "work"))
        {
            path = cgroup.Path;
            using WorkerProcess worker = WorkerProcess.Start(
                new WorkerCommand("/bin/sh", ["-c", $"echo 0 > {path}/cgroup.procs; cat"]), "the worker");
            Assert.True(Patience.Until(() => File.ReadAllText(Path.Combine(path, "cgroup.procs")).Length > 0));
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void ACgroupBelowOneThatIsGoneIsNotMade()
    {
        TestCgroup parent = TestCgroup.Create();
        parent.Dispose();

        BypassException error = Assert.Throws<BypassException>(() => WorkerCgroup.Create(parent.Path, "work"));

        Assert.Equal(BypassError.CgroupNotFound, error.Error);
        Assert.False(Directory.Exists(parent.Path));
    }

    [Fact]
    public void ACgroupThatMayHaveNoneBelowSaysSo()
    {
        using TestCgroup parent = TestCgroup.Create();
        File.WriteAllText(Path.Combine(parent.Path, "cgroup.max.descendants"), "0");

        BypassException error = Assert.Throws<BypassException>(() => WorkerCgroup.Create(parent.Path, "work"));

        Assert.Equal(BypassError.CgroupNotUsable, error.Error);
        Assert.Contains("cgroup.max.descendants", error.Message, StringComparison.Ordinal);
    }
}
