using System.Net;
using Sockmap.Cli.Output;
using Sockmap.Entries;
using Sockmap.Support;

namespace Sockmap.Cli.Tests.Output;

public sealed class TableTests
{
    [Fact]
    public void Markup_and_escape_sequences_in_values_are_shown_as_they_are()
    {
        string text = Render(terminal => StatusView.WriteList(
            terminal,
            [Samples.Status with { Name = "[red]x[/]", Cgroup = "/a\e[31mb[/c]", Problem = ["[bold]\nbad\a"] }]));

        Assert.Contains("[red]x[/]", text, StringComparison.Ordinal);
        Assert.Contains(@"/a\x1b[31mb[/c]", text, StringComparison.Ordinal);
        Assert.Contains(@"! [red]x[/]: [bold] bad\x07", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text);
    }

    [Fact]
    public void Redirected_output_is_plain_ASCII_and_fits()
    {
        string text = Render(terminal =>
        {
            StatusView.WriteList(terminal, [Samples.Status, Samples.Status with { Cgroup = new string('c', 300) }]);
            StatusView.WriteDetail(terminal, Samples.Status);
            EntryView.Write(terminal, [Samples.Entry, Longest], showBypass: true);
            CheckView.Write(terminal, [new SupportCheck(
                "SockmapLink", SupportNeed.Optional, SupportState.Unsupported, new string('d', 200), "Do something.")]);
            DemoView.Write(terminal, Demo.DemoReportTests.Report);
        });

        Assert.All(text, character => Assert.True(character is '\n' or (>= ' ' and < (char)127), $"U+{(int)character:X4}"));
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= Terminal.Width || line.Contains("skipped TCP", StringComparison.Ordinal), line));
        Assert.All(text.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void Entries_of_all_batches_stand_in_the_same_columns_under_one_header()
    {
        int count = 0;
        string text = Render(terminal => count = EntryView.Write(
            terminal, Enumerable.Range(1, 600).Select(port => Samples.Entry with { LocalPort = port }), showBypass: false));
        string[] lines = text.TrimEnd().Split('\n');

        Assert.Equal(600, count);
        Assert.Equal(601, lines.Length);
        int remote = lines[0].IndexOf("Remote", StringComparison.Ordinal);
        Assert.All(lines[1..], line => Assert.Equal(remote, line.IndexOf("[::1]:40000", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(EntryPath.Redirected, EntryPath.Redirected, "Redirected")]
    [InlineData(EntryPath.Redirected, EntryPath.Tcp, "SendOnly")]
    [InlineData(EntryPath.Tcp, EntryPath.Redirected, "RecvOnly")]
    [InlineData(EntryPath.Tcp, null, "Tcp")]
    public void An_entry_shows_its_process_and_both_ways_in_one_word(EntryPath path, EntryPath? receivePath, string expected)
    {
        string text = Render(terminal => EntryView.Write(
            terminal,
            [Samples.Entry with { Path = path, ReceivePath = receivePath, ProcessId = [812, 813], ProcessName = ["nginx", "nginx"] }],
            showBypass: false));

        Assert.Contains($"nginx 812 +1              {expected} ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_are_written_while_they_are_read()
    {
        using StringWriter output = new();
        Terminal terminal = new(output, output);
        bool sawRows = false;
        IEnumerable<Entries.SockmapEntry> Entries()
        {
            for (int port = 1; port <= 600; port++)
            {
                yield return Samples.Entry with { LocalPort = port };
            }

            sawRows = output.ToString().Contains("[::1]:1 ", StringComparison.Ordinal);
        }

        EntryView.Write(terminal, Entries(), showBypass: false);
        Assert.True(sawRows);
    }

    [Fact]
    public void The_detail_shows_what_is_attached_and_what_is_wrong()
    {
        string text = Render(terminal => StatusView.WriteDetail(
            terminal, Samples.Status with { Cgroup = null, Problem = ["The cgroup is gone."] }));

        Assert.Contains("gone (its id was 42)", text, StringComparison.Ordinal);
        Assert.Contains("sock_ops take_in (id 12)", text, StringComparison.Ordinal);
        Assert.Contains("! web: The cgroup is gone.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_remedy_is_shown_only_where_one_is_needed()
    {
        SupportCheck check = new("Btf", SupportNeed.Required, SupportState.Supported, "Seen.", "Build a kernel.");

        Assert.DoesNotContain("Build", Render(terminal => CheckView.Write(terminal, [check])), StringComparison.Ordinal);
        Assert.Contains(
            "-> Build a kernel.",
            Render(terminal => CheckView.Write(terminal, [check with { State = SupportState.Unsupported }])),
            StringComparison.Ordinal);
    }

    private static Entries.SockmapEntry Longest => Samples.Entry with
    {
        Bypass = new string('b', 64),
        LocalAddress = IPAddress.Parse("2001:db8:1111:2222:3333:4444:5555:6666"),
        LocalPort = 65535,
        RemoteAddress = IPAddress.Parse("255.255.255.255"),
        RemotePort = 65535,
        RedirectedMessages = ulong.MaxValue,
        RedirectedBytes = ulong.MaxValue,
        TcpMessages = ulong.MaxValue,
        TcpBytes = ulong.MaxValue,
        QueuedBytes = ulong.MaxValue,
        ProcessId = [int.MaxValue, 2],
        ProcessName = ["a name of 15 by", "b"],
        ReceivePath = EntryPath.Tcp,
    };

    private static string Render(Action<Terminal> write)
    {
        using StringWriter output = new();
        write(new Terminal(output, output));
        return output.ToString();
    }
}
