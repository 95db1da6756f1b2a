using System.Text.Json;
using Sockmap.TestKit.Placement;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary>The real command against the real kernel, with a bpffs and a cgroup of the test's own.</summary>
public sealed class LifeCycleTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
    private readonly TestCgroup cgroup = TestCgroup.Create();

    public void Dispose()
    {
        cgroup.Dispose();
        bpffs.Dispose();
    }

    [Fact]
    public async Task Install_see_and_remove_on_real_traffic()
    {
        (int code, string output, string error) = await RunAsync("install", "--name", "life", "--cgroup", cgroup.Path);
        Assert.True(code == 0, error);
        Assert.StartsWith($"Installed bypass 'life' on {cgroup.Path}: all local TCP.", output);

        (code, output, _) = await RunAsync("install", "--name", "life", "--cgroup", cgroup.Path);
        Assert.Equal(0, code);
        Assert.StartsWith("Nothing to do", output);

        (code, _, error) = await RunAsync("install", "--name", "life", "--cgroup", cgroup.Path, "--port", "6379");
        Assert.Equal(4, code);
        Assert.StartsWith("sockmap: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));

        using SockmapProcess server = SockmapProcess.Start("demo-server", "--cgroup", cgroup.Path);
        string port = await server.ReadLineAsync();
        using SockmapProcess client = SockmapProcess.Start("demo-client", "--cgroup", cgroup.Path, "--port", port);
        long echoed = JsonDocument.Parse(await client.AskAsync("measure")).RootElement.GetProperty("bytesEchoed").GetInt64();

        JsonElement status = Assert.Single(await JsonAsync("status"));
        Assert.Equal("life", status.GetProperty("name").GetString());
        Assert.Equal("Active", status.GetProperty("state").GetString());
        Assert.Equal(2, status.GetProperty("entries").GetInt32());
        Assert.True(status.GetProperty("bytesRedirected").GetInt64() > 0);
        Assert.Equal(
            2 * echoed,
            status.GetProperty("bytesRedirected").GetInt64() + status.GetProperty("bytesOverTcp").GetInt64());

        (code, output, _) = await RunAsync("status");
        Assert.Equal(0, code);
        Assert.Contains("life", output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("status", "life", "--exit-code");
        Assert.Equal(0, code);
        Assert.Contains(cgroup.Path, output, StringComparison.Ordinal);

        JsonElement[] entries = await JsonAsync("entries", "life", "--port", port);
        Assert.Equal(2, entries.Length);
        Assert.All(entries, entry =>
        {
            Assert.Equal("127.0.0.1", entry.GetProperty("localAddress").GetString());
            Assert.True(entry.GetProperty("redirectedBytes").GetInt64() > 0);
        });
        Assert.Equal(2, (await JsonAsync("entries")).Length);
        Assert.Empty(await JsonAsync("entries", "--port", port == "1" ? "2" : "1"));
        (_, output, _) = await RunAsync("entries");
        Assert.Equal(3, output.TrimEnd().Split('\n').Length);

        (code, output, error) = await RunAsync("remove", "life", "--verbose");
        Assert.True(code == 0, error);
        Assert.StartsWith("Removed bypass 'life': 2 sockets went back to TCP.", output);
        Assert.Contains("verbose: ", error, StringComparison.Ordinal);
        Assert.Empty(await JsonAsync("status"));

        // The connection lives on.
        Assert.Equal("close", await client.AskAsync("close"));
        Assert.NotEmpty(await client.AskAsync("measure"));
    }

    [Fact]
    public async Task What_is_established_is_put_in_where_it_is_asked_for()
    {
        using SockmapProcess server = SockmapProcess.Start("demo-server", "--cgroup", cgroup.Path);
        string port = await server.ReadLineAsync();
        using SockmapProcess client = SockmapProcess.Start("demo-client", "--cgroup", cgroup.Path, "--port", port);
        await client.AskAsync("measure");

        (int code, string output, string error) = await RunAsync("install", "--cgroup", cgroup.Path, "--include-established");
        Assert.True(code == 0, error);
        Assert.Contains("\nPut in 1 established connection.\n", output, StringComparison.Ordinal);
        JsonElement[] entries = await JsonAsync("entries", "--port", port);
        Assert.Equal(2, entries.Length);
        Assert.All(entries, entry =>
        {
            Assert.True(entry.GetProperty("wasAdded").GetBoolean());
            Assert.Single(entry.GetProperty("processId").EnumerateArray());
            Assert.Equal(cgroup.Path, entry.GetProperty("cgroup").GetString());
        });

        (code, output, error) = await RunAsync("install", "--cgroup", cgroup.Path, "--include-established", "--json");
        Assert.True(code == 0, error);
        JsonElement established = JsonDocument.Parse(output).RootElement.GetProperty("established");
        Assert.Equal(0, established.GetProperty("added").GetInt32());
        Assert.Empty(established.GetProperty("notAdded").EnumerateArray());
    }

    [Fact]
    public async Task A_reader_that_does_not_read_keeps_a_removal_from_its_end_and_loses_nothing()
    {
        using SockmapProcess server = SockmapProcess.Start("demo-server", "--cgroup", cgroup.Path);
        using SockmapProcess client = await StartStalledAsync(server);

        (int code, string output, string error) = await RunAsync("remove", "stall", "--timeout", "200ms");
        Assert.Equal(5, code);
        Assert.Matches(@"^sockmap: 1 socket of bypass 'stall' still with 64 unread bytes; .*\n$", error);
        Assert.Contains("64 B", output, StringComparison.Ordinal);
        Assert.Equal("Draining", Assert.Single(await JsonAsync("status")).GetProperty("state").GetString());
        Assert.Equal(5, (await RunAsync("status", "--exit-code")).Code);

        server.Signal("CONT");
        (code, output, error) = await RunAsync("remove", "stall");
        Assert.True(code == 0, error);
        Assert.DoesNotContain("dropped", output, StringComparison.Ordinal);

        // The client verifies every byte before it answers.
        Assert.StartsWith("{", await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_forced_removal_does_not_wait_and_says_what_it_dropped()
    {
        using SockmapProcess server = SockmapProcess.Start("demo-server", "--cgroup", cgroup.Path);
        using SockmapProcess client = await StartStalledAsync(server);

        (int code, string output, string error) = await RunAsync("remove", "stall", "--force");
        Assert.True(code == 0, error);
        Assert.Contains("64 unread bytes dropped.", output, StringComparison.Ordinal);
        Assert.Empty(await JsonAsync("status"));
    }

    [Fact]
    public async Task Where_nothing_is_installed_status_says_so_and_succeeds()
    {
        (int code, string output, string error) = await RunAsync("status");

        Assert.Equal(0, code);
        Assert.Equal("No bypass is installed; 'sockmap install' installs one.", output.TrimEnd());
        Assert.Empty(error);
        Assert.Equal("[]", (await RunAsync("status", "--json")).Output.TrimEnd());
        Assert.Equal("[]", (await RunAsync("entries", "--json")).Output.TrimEnd());
    }

    [Theory]
    [InlineData(3, "status", "nosuch")]
    [InlineData(3, "entries", "nosuch")]
    [InlineData(3, "entries", "nosuch", "--json")]
    [InlineData(3, "remove", "nosuch")]
    [InlineData(2, "install", "--name", "a.b")]
    [InlineData(2, "install", "--max-entries", "0")]
    [InlineData(2, "install", "--cgroup", "/proc")]
    [InlineData(3, "install", "--cgroup", "/nosuch")]
    public async Task An_error_is_one_line_and_a_code(int expected, params string[] arguments)
    {
        (int code, string output, string error) = await RunAsync(arguments);

        Assert.Equal(expected, code);
        Assert.Empty(output);
        Assert.StartsWith("sockmap: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal("[]", (await RunAsync("status", "--json")).Output.TrimEnd());
    }

    [Fact]
    public async Task Without_privilege_install_says_so()
    {
        (int code, _, string error) = await SockmapProcess.RunUnprivilegedAsync("install", "--cgroup", cgroup.Path, "--bpffs", bpffs.Path);

        Assert.Equal(6, code);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Check_finds_this_machine_fit()
    {
        JsonElement[] checks = await JsonAsync("check", "--cgroup", cgroup.Path);

        Assert.NotEmpty(checks);
        Assert.All(
            checks.Where(check => check.GetProperty("need").GetString() == "Required"),
            check => Assert.Equal("Supported", check.GetProperty("state").GetString()));
    }

    /// <summary>A client whose first message waits in a bypass for a server that is stopped.</summary>
    private async Task<SockmapProcess> StartStalledAsync(SockmapProcess server)
    {
        string port = await server.ReadLineAsync();
        Assert.Equal(0, (await RunAsync("install", "--name", "stall", "--cgroup", cgroup.Path)).Code);
        server.Signal("STOP");
        SockmapProcess client = SockmapProcess.Start("demo-client", "--cgroup", cgroup.Path, "--port", port);
        await client.TellAsync("measure");
        for (long end = Environment.TickCount64 + 20_000; ;)
        {
            JsonElement[] entries = await JsonAsync("entries", "stall");
            if (Array.Exists(entries, entry => entry.GetProperty("queuedBytes").GetInt64() == 64))
            {
                return client;
            }

            Assert.True(Environment.TickCount64 < end, "No byte was redirected to the stopped server.");
        }
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params IEnumerable<string> arguments) =>
        SockmapProcess.RunAsync([.. arguments, "--bpffs", bpffs.Path]);

    private async Task<JsonElement[]> JsonAsync(params IEnumerable<string> arguments)
    {
        (int code, string output, string error) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, error);
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
    }
}
