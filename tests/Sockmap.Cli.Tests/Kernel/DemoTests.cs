using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sockmap.Cgroups;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;

namespace Sockmap.Cli.Tests.Kernel;

/// <summary>The demo as people run it, and as they interrupt it: nothing of it is ever left.</summary>
public sealed partial class DemoTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();

    public void Dispose() => bpffs.Dispose();

    [Fact]
    public async Task It_redirects_shows_and_leaves_nothing()
    {
        using SockmapProcess demo = Start();
        (int code, string output, string error) = await demo.WaitAsync();

        Assert.True(code == 0, error + output);
        Assert.Empty(error);
        Assert.Matches(@"[\d,]+ of [\d,]+ messages \([^)]+\) skipped TCP, every byte came back as it was sent", output);
        Assert.Equal(2, Regex.Count(output, @"^127\.0\.0\.1:\d+ +127\.0\.0\.1:\d+ +\S+ \d+ +(Redirected|SendOnly|RecvOnly|Tcp) ", RegexOptions.Multiline));
        await AssertNothingIsLeftAsync(demo.Id, ProcessIds(output));
    }

    [Fact]
    public async Task For_machines_it_is_one_document_whose_counters_add_up()
    {
        using SockmapProcess demo = Start("--json");
        (int code, string output, string error) = await demo.WaitAsync();

        Assert.True(code == 0, error + output);
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.True(report.GetProperty("succeeded").GetBoolean());
        Assert.Equal(2, report.GetProperty("entries").GetArrayLength());
        Assert.True(report.GetProperty("bytesRedirected").GetInt64() > 0);
        Assert.Equal(
            report.GetProperty("bytesSent").GetInt64(),
            report.GetProperty("bytesRedirected").GetInt64() + report.GetProperty("bytesOverTcp").GetInt64());
        await AssertNothingIsLeftAsync(
            demo.Id, report.GetProperty("serverProcessId").GetInt32(), report.GetProperty("clientProcessId").GetInt32());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_signal_in_the_middle_leaves_nothing(string signal)
    {
        using SockmapProcess demo = Start();
        string begun = await ReadUntilAsync(demo, "round 1");
        demo.Signal(signal);
        (int code, _, string error) = await demo.WaitAsync();

        Assert.Equal(130, code);
        Assert.Equal("sockmap: interrupted", error.TrimEnd());
        await AssertNothingIsLeftAsync(demo.Id, ProcessIds(begun));
    }

    [Fact]
    public async Task A_child_that_dies_ends_it_and_leaves_nothing()
    {
        using SockmapProcess demo = Start();
        string begun = await ReadUntilAsync(demo, "round 1");
        int[] children = ProcessIds(begun);
        using (System.Diagnostics.Process server = System.Diagnostics.Process.GetProcessById(children[0]))
        {
            server.Kill();
        }

        (int code, _, string error) = await demo.WaitAsync();

        Assert.Equal(1, code);
        Assert.StartsWith("sockmap: ", error);
        Assert.DoesNotContain("unexpected", error, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(demo.Id, children);
    }

    [Fact]
    public async Task Killed_it_takes_its_processes_along_and_the_rest_can_be_seen_and_removed()
    {
        using SockmapProcess demo = Start();
        string begun = await ReadUntilAsync(demo, "round 1");
        demo.Signal("KILL");
        await demo.WaitAsync();
        try
        {
            Assert.All(ProcessIds(begun), id => Assert.True(Patience.Until(() => !IsAlive(id))));
            JsonElement left = JsonDocument.Parse((await SockmapProcess.RunAsync("status", "--json", "--bpffs", bpffs.Path)).Output).RootElement;
            foreach (JsonElement bypass in left.EnumerateArray())
            {
                (int code, _, string error) = await SockmapProcess.RunAsync(
                    "remove", bypass.GetProperty("name").GetString()!, "--bpffs", bpffs.Path);
                Assert.True(code == 0, error);
            }
        }
        finally
        {
            Assert.All(CgroupsOf(demo.Id), path => Assert.True(Patience.Until(() => TryRemove(path))));
        }

        await AssertNothingIsLeftAsync(demo.Id);
    }

    [Fact]
    public async Task Without_privilege_it_says_what_it_needs()
    {
        (int code, string output, string error) = await SockmapProcess.RunUnprivilegedAsync("demo");

        Assert.Equal(6, code);
        Assert.Empty(output);
        Assert.Matches("^sockmap: .*takes root.*CAP_BPF.*\n$", error);
    }

    [GeneratedRegex(@"^(server|client) +process (?<id>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProcessLine();

    private static int[] ProcessIds(string output)
    {
        int[] ids = [.. ProcessLine().Matches(output).Select(match => int.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(2, ids.Length);
        return ids;
    }

    private static async Task<string> ReadUntilAsync(SockmapProcess demo, string start)
    {
        string read = "";
        while (true)
        {
            string line = await demo.ReadLineAsync();
            read += line + "\n";
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return read;
            }
        }
    }

    private static string[] CgroupsOf(int id) =>
        Directory.GetDirectories(CgroupHierarchy.FindRoot(), string.Create(CultureInfo.InvariantCulture, $"sockmap-demo-{id}-*"));

    private static bool IsAlive(int id) => Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}"));

    private static bool TryRemove(string path)
    {
        try
        {
            Directory.Delete(path);
            return true;
        }
        catch (IOException)
        {
            // EBUSY until its processes are reaped.
            return !Directory.Exists(path);
        }
    }

    private SockmapProcess Start(params IEnumerable<string> arguments) =>
        SockmapProcess.Start(["demo", "--bpffs", bpffs.Path, .. arguments]);

    private async Task AssertNothingIsLeftAsync(int id, params int[] processes)
    {
        Assert.Empty(CgroupsOf(id));
        Assert.All(processes, process => Assert.False(IsAlive(process)));
        Assert.Equal("[]", (await SockmapProcess.RunAsync("status", "--json", "--bpffs", bpffs.Path)).Output.TrimEnd());
    }
}
