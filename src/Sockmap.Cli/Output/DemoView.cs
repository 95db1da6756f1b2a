using Sockmap.Cli.Demo;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>The demo's report for people.</summary>
internal static class DemoView
{
    /// <summary>Writes entries, counters, both ways side by side, and the verdict.</summary>
    public static void Write(Terminal terminal, DemoReport report)
    {
        terminal.Line();
        terminal.Line("The two sockets of the last connection in the bypass, before it was closed:");
        EntryView.Write(terminal, report.Entries, showBypass: false);

        terminal.Line();
        terminal.Line($"What the kernel counted while the bypass was installed ({report.Variant} program):");
        Table counters = Terminal.NewTable(Terminal.Left(""), Terminal.Right("Messages"), Terminal.Right("Bytes"));
        void Counter(string name, ulong messages, ulong bytes) => counters.AddRow(
            Terminal.Cell(name), Terminal.Cell(Quantity.Count(messages)), Terminal.Cell(Quantity.Count(bytes)));
        Counter("redirected", report.MessagesRedirected, report.BytesRedirected);
        Counter("over TCP", report.MessagesOverTcp, report.BytesOverTcp);
        terminal.Write(counters);
        terminal.Line($"The two processes sent {Quantity.Count(report.BytesSent)} bytes meanwhile, by their own count.");

        terminal.Line();
        terminal.Line($"Side by side, median of {report.Rounds.Count} rounds:");
        Table sides = Terminal.NewTable(
            Terminal.Left(""), Terminal.Right("TCP"), Terminal.Right("Bypass"), Terminal.Right("Times as fast"));
        void Side(string name, double tcp, double bypass, double ratio, Func<double, string> format) => sides.AddRow(
            Terminal.Cell(name), Terminal.Cell(format(tcp)), Terminal.Cell(format(bypass)), Terminal.Cell(Quantity.Ratio(ratio)));
        void Time(string name, Func<DemoMeasurement, double> value)
        {
            double tcp = report.TypicalOf(round => value(round.Tcp));
            double bypass = report.TypicalOf(round => value(round.Bypassed));
            Side(name, tcp, bypass, tcp / bypass, Quantity.Microseconds);
        }

        Time("round trip of 64 B, median", measurement => measurement.MedianNanoseconds);
        Time("round trip of 64 B, 99 %", measurement => measurement.Percentile99Nanoseconds);
        double tcpRate = report.TypicalOf(round => round.Tcp.BytesPerSecond);
        double bypassRate = report.TypicalOf(round => round.Bypassed.BytesPerSecond);
        Side("writes of 64 KiB, echoed", tcpRate, bypassRate, bypassRate / tcpRate, rate => $"{Quantity.Bytes((ulong)rate)}/s");
        terminal.Write(sides);

        terminal.Line();
        terminal.Line("Bypass, processes and cgroup are gone again.");
        terminal.Line(report.Verdict);
    }
}
