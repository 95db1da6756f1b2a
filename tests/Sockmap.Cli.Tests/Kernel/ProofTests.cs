using System.Globalization;
using System.Text.Json;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary><c>sockmap test</c> as people run it, and as they interrupt it.</summary>
public sealed class ProofTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();

    // The cgroup beside the bypass's is made in here too, and goes with it even when the command is killed.
    private readonly TestCgroup parent = TestCgroup.Create();
    private readonly TestCgroup cgroup;

    public ProofTests() => cgroup = parent.CreateChild("inside");

    public void Dispose()
    {
        parent.Dispose();
        bpffs.Dispose();
    }

    [Fact]
    public async Task A_bypass_that_works_is_proven()
    {
        await InstallAsync();
        (int code, string output, string error) = await RunAsync("test");

        Assert.True(code == 0, error + output);
        Assert.Empty(error);
        Assert.Matches(@"^Bypass 'default' works: (\d+) of \1 bytes inside it skipped TCP, and none of \1 outside did by it\.\n", output);
        Assert.Matches(@"(?m)^Inside\.TcpInfo +yes +TCP itself \(TCP_INFO\) counts 0 of \d+ bytes as sent\.$", output);
        Assert.Empty(Directory.GetDirectories(cgroup.Path));
    }

    [Fact]
    public async Task For_machines_it_is_one_document()
    {
        await InstallAsync();
        (int code, string output, string error) = await RunAsync("test", "default", "--json");

        Assert.True(code == 0, error);
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.True(result.GetProperty("passed").GetBoolean());
        Assert.Equal(result.GetProperty("bytesSent").GetInt64(), result.GetProperty("bytesRedirected").GetInt64());
        Assert.Equal(result.GetProperty("outsideBytesSent").GetInt64(), result.GetProperty("outsideBytesOverTcp").GetInt64());
    }

    [Fact]
    public async Task One_that_does_not_work_has_the_code_of_what_is_not_healthy()
    {
        await InstallAsync();
        File.Delete(Path.Combine(bpffs.Path, "sockmapps", "default", "cgroup_link"));
        Assert.True(Patience.Until(() => SockmapProcess.RunAsync("status", "--exit-code", "--bpffs", bpffs.Path).GetAwaiter().GetResult().Code == 5));

        (int code, string output, string error) = await RunAsync("test");

        Assert.Equal(5, code);
        Assert.Empty(error);
        Assert.StartsWith("Bypass 'default' does not work: The bypass is Incomplete: ", output);
        Assert.Matches(@"(?m)^Inside\.BytesRedirected +no ", output);
    }

    [Fact]
    public async Task What_cannot_be_told_is_an_error()
    {
        Assert.Equal(3, (await RunAsync("test", "nosuch")).Code);

        await InstallAsync("--address", "203.0.113.0/24");
        (int code, string output, string error) = await RunAsync("test");

        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.StartsWith("sockmap: Whether bypass 'default' works cannot be told: its filters let in no address of this host", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public async Task However_it_ends_its_process_does_too(string signal, int expected)
    {
        await InstallAsync();

        // The worker joins and freezes, so that the test ends in the middle.
        await File.WriteAllTextAsync(Path.Combine(cgroup.Path, "cgroup.freeze"), "1", TestContext.Current.CancellationToken);
        using SockmapProcess test = SockmapProcess.Start("test", "--bpffs", bpffs.Path);
        string pattern = string.Create(CultureInfo.InvariantCulture, $"sockmap-proof-{test.Id}-*");
        Assert.True(Patience.Until(() => Members(pattern).Length > 0));
        string worker = Members(pattern);

        test.Signal(signal);
        Assert.Equal(expected, (await test.WaitAsync()).Code);
        await File.WriteAllTextAsync(Path.Combine(cgroup.Path, "cgroup.freeze"), "0", TestContext.Current.CancellationToken);

        Assert.True(Patience.Until(() => !Directory.Exists("/proc/" + worker)));
        Assert.Equal(signal == "KILL" ? 1 : 0, Directory.GetDirectories(cgroup.Path, pattern).Length);
    }

    private string Members(string pattern) => string.Concat(
        Directory.GetDirectories(cgroup.Path, pattern).Select(path => File.ReadAllText(Path.Combine(path, "cgroup.procs")).Trim()));

    private async Task InstallAsync(params IEnumerable<string> filters)
    {
        (int code, _, string error) = await RunAsync(["install", "--cgroup", cgroup.Path, .. filters]);
        Assert.True(code == 0, error);
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params IEnumerable<string> arguments) =>
        SockmapProcess.RunAsync([.. arguments, "--bpffs", bpffs.Path]);
}
