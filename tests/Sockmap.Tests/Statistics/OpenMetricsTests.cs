using System.Diagnostics;
using System.Text.RegularExpressions;
using Sockmap.Bypasses;
using Sockmap.Statistics;

namespace Sockmap.Tests.Statistics;

/// <summary>The text follows OpenMetrics 1.0, line by line.</summary>
public sealed partial class OpenMetricsTests
{
    private static BypassStatus Bypass => new() { Name = "re\"d\\is\n1", State = BypassState.Active, Entries = 3, MaxEntries = 64, Path = "", BpfFileSystem = "" };

    private static SockmapStatistics Group => new()
    {
        Bypass = Bypass.Name,
        Time = DateTime.Now,
        CgroupId = 5,
        Cgroup = @"/sys/fs/cgroup/dev-disk\x2dby.slice",
        Port = 6379,
        BytesRedirected = ulong.MaxValue,
        TcpLowWater = 7,
    };

    [Fact]
    public void SamplesFollowTheirFamiliesHeadAndTheEndIsMarked()
    {
        string text = OpenMetrics.Write([Bypass], [Group, Group with { Cgroup = null, CgroupId = null, Port = null }]);

        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        HashSet<string> families = [];
        HashSet<string> samples = [];
        string family = "";
        string type = "";
        foreach (string line in text.Split('\n')[..^2])
        {
            Match head = Head().Match(line);
            if (head.Groups["keyword"].Value == "HELP")
            {
                family = head.Groups["name"].Value;
                Assert.True(families.Add(family), $"{family} comes twice.");
            }
            else if (head.Success)
            {
                Assert.Equal(family, head.Groups["name"].Value);
                type = head.Groups["keyword"].Value == "TYPE" ? head.Groups["rest"].Value : type;
                Assert.True(head.Groups["keyword"].Value != "UNIT" || family.EndsWith("_" + head.Groups["rest"].Value, StringComparison.Ordinal));
            }
            else
            {
                Match sample = Sample().Match(line);
                Assert.True(sample.Success, $"Not a sample: {line}");
                Assert.Equal(type == "counter" ? family + "_total" : family, sample.Groups["name"].Value);
                Assert.True(samples.Add(sample.Groups["series"].Value), $"{line} comes twice.");
            }
        }

        Assert.Contains("""sockmap_bypass_active{bypass="re\"d\\is\n1"} 1""" + "\n", text, StringComparison.Ordinal);
        Assert.Contains("""sockmap_bytes_total{bypass="re\"d\\is\n1",cgroup="/sys/fs/cgroup/dev-disk\\x2dby.slice",port="6379",path="redirected"} 18446744073709551615""" + "\n", text, StringComparison.Ordinal);
        Assert.Contains("""sockmap_messages_by_tcp_reason_total{bypass="re\"d\\is\n1",cgroup="",port="",reason="low_water"} 7""" + "\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NoLabelsAreWrittenThatNoGroupHas()
    {
        string text = OpenMetrics.Write([], [Group with { Bypass = "default", Cgroup = null, CgroupId = null, Port = null }]);
        Assert.Contains("""sockmap_messages_refused_total{bypass="default"} 0""" + "\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("port=", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ABypassThatIsNotUnderstoodIsNotActiveAndNothingElse()
    {
        string text = OpenMetrics.Write([Bypass with { Name = "old", State = BypassState.Foreign }], []);
        Assert.Contains("""sockmap_bypass_active{bypass="old"} 0""" + "\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sockmap_entries{", text, StringComparison.Ordinal);
    }

    /// <summary>promtool reads the older text format as node_exporter's textfile collector does, with the same library.</summary>
    [Fact]
    public void PromtoolReadsItAsTheOlderFormat()
    {
        string? promtool = FindPromtool();
        Assert.SkipWhen(promtool is null, "There is no promtool on PATH (Debian: package prometheus).");
        using Process process = Process.Start(new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardInput.Write(OpenMetrics.Write([Bypass], [Group]));
        process.StandardInput.Close();
        string complaints = process.StandardError.ReadToEnd();
        process.WaitForExit();

        // 3: it was read, and its style is remarked on, since OpenMetrics puts the help of counters under another name.
        Assert.True(process.ExitCode is 0 or 3, complaints);
        Assert.DoesNotContain("error while linting", complaints, StringComparison.Ordinal);
    }

    private static string? FindPromtool() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, "promtool"))
        .FirstOrDefault(File.Exists);

    [GeneratedRegex("^# (?<keyword>HELP|TYPE|UNIT) (?<name>[a-z_]+) (?<rest>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Head();

    [GeneratedRegex("""^(?<series>(?<name>[a-z_]+)\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="([^"\\]|\\["\\n])*")*\}) [0-9]+$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();
}
