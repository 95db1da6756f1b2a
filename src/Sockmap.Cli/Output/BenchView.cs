using System.Globalization;
using Sockmap.Measuring;
using Spectre.Console;

namespace Sockmap.Cli.Output;

/// <summary>Measurements for people, a row for each.</summary>
internal static class BenchView
{
    /// <summary>Writes the table, and what has to be known to read it.</summary>
    public static void Write(Terminal terminal, IEnumerable<Measurement> rows)
    {
        Table table = Terminal.NewTable(
            Terminal.Left("Kind").NoWrap(),
            Terminal.Right("Bytes"),
            Terminal.Right("Conns"),
            Terminal.Left("Arm").NoWrap(),
            Terminal.Right("Median"),
            Terminal.Right("p99"),
            Terminal.Right("p99.9"),
            Terminal.Right("CPU s/GB"),
            Terminal.Right("Redirected"),
            Terminal.Right("Of TCP"),
            Terminal.Left("95 %").NoWrap());
        List<Measurement> all = [];
        foreach (Measurement row in rows)
        {
            all.Add(row);
            table.AddRow(Cells(row).Select(Terminal.Cell));
        }

        terminal.Write(table);
        terminal.Line();
        terminal.Line($"On {all[0].Machine}; CPU {all[0].Cpu}, {all[0].Rounds} rounds. Of TCP: times as good as plain TCP, more than 1 is better.");
        foreach (IGrouping<string, Measurement> rowsOf in all.Where(row => row.Remark.Length > 0).GroupBy(row => row.Remark, StringComparer.Ordinal))
        {
            terminal.Line($"! {string.Join("; ", rowsOf.Select(Name))}: {rowsOf.Key}");
        }
    }

    private static string Name(Measurement row) =>
        string.Create(CultureInfo.InvariantCulture, $"{What(row)} {row.MessageSize} x{row.Connections} {row.Arm}");

    // The unit tells what of a real program it is.
    private static string What(Measurement row) => row.Workload ?? row.Kind.ToString();

    private static IEnumerable<string> Cells(Measurement row) =>
    [
        What(row),
        Quantity.Count(row.MessageSize),
        Quantity.Count(row.Connections),
        row.Arm.ToString(),
        MeasurementText.Number(row.Median) + " " + row.Unit,
        MeasurementText.Number(row.P99),
        MeasurementText.Number(row.P999),
        row.CpuSecondsPerGigabyte is { } seconds ? MeasurementText.Number(seconds) : "-",
        row.Arm is MeasurementArm.Bypass or MeasurementArm.Object ? row.RedirectedShare.ToString("P1", CultureInfo.InvariantCulture) : "-",
        MeasurementText.Ratio(row.Ratio),
        MeasurementText.Interval(row.RatioLow, row.RatioHigh, row.IsNoisy),
    ];
}
