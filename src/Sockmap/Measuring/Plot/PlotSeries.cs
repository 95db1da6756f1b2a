using System.Globalization;
using Sockmap.Bypasses;

namespace Sockmap.Measuring.Plot;

/// <summary>One line of the plot: a way, measured over message sizes with all else the same.</summary>
/// <param name="Kind">What was measured; it chooses dashes and marks.</param>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Colour">Index of its colour: that of what is the same but for the kind.</param>
/// <param name="Points">By message size.</param>
internal sealed record PlotSeries(MeasurementKind Kind, string Name, int Colour, IReadOnlyList<PlotPoint> Points)
{
    /// <summary>The lines that the measurements make, in the order of their names. Plain TCP is no line: its ratio is 1.</summary>
    /// <exception cref="BypassException">They are of several machines, one is there twice, there are more than can be told
    /// apart, or one cannot be placed (InvalidSetting).</exception>
    public static IReadOnlyList<PlotSeries> Of(IReadOnlyList<Measurement> measurements)
    {
        if (measurements.Count == 0)
        {
            throw Invalid("There is no measurement to plot: Measure-SockmapBypass makes them.");
        }

        string[] machines = [.. measurements.Select(row => row.Machine).Distinct(StringComparer.Ordinal)];
        if (machines.Length > 1)
        {
            throw Invalid($"Measurements of several machines do not go into one plot ('{machines[0]}' and '{machines[1]}'): choose those of one with Where-Object Machine.");
        }

        Measurement[] compared = [.. measurements.Where(row => row.Arm != MeasurementArm.Tcp)];
        if (compared.Length == 0)
        {
            throw Invalid("Only plain TCP was measured, which the others are compared with: there is no ratio to plot.");
        }

        bool tellConnections = compared.Select(row => row.Connections).Distinct().Count() > 1;
        bool tellCpu = compared.Select(row => row.Cpu).Distinct(StringComparer.Ordinal).Count() > 1;
        string Who(Measurement row) => string.Join(", ", Words(row, tellConnections, tellCpu));
        string[] colours = [.. compared.OrderBy(row => row.Arm).ThenBy(row => row.Connections).Select(Who).Distinct(StringComparer.Ordinal)];
        if (colours.Length > PlotStyle.Colours)
        {
            throw Invalid(string.Create(
                CultureInfo.InvariantCulture,
                $"{colours.Length} lines of a kind cannot be told apart in one plot, {PlotStyle.Colours} can: choose some with Where-Object Arm, Connections or Workload."));
        }

        return
        [
            .. compared.GroupBy(row => (row.Kind, Who: Who(row)))
                .OrderBy(group => group.Key.Kind)
                .ThenBy(group => Array.IndexOf(colours, group.Key.Who))
                .Select(group => new PlotSeries(
                    group.Key.Kind,
                    $"{KindWords(group.Key.Kind)}, {group.Key.Who}",
                    Array.IndexOf(colours, group.Key.Who),
                    [.. PointsOf([.. group], $"{KindWords(group.Key.Kind)}, {group.Key.Who}")])),
        ];
    }

    private static IEnumerable<PlotPoint> PointsOf(IReadOnlyList<Measurement> rows, string name)
    {
        if (rows.GroupBy(row => row.MessageSize).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw Invalid(string.Create(
                CultureInfo.InvariantCulture,
                $"{name} of {twice.Key} bytes is there {twice.Count()} times: a plot is of one run."));
        }

        foreach (PlotPoint point in rows.OrderBy(row => row.MessageSize)
            .Select(row => new PlotPoint(row.MessageSize, row.Ratio, row.RatioLow, row.RatioHigh, row.IsNoisy)))
        {
            yield return point.IsPlaceable
                ? point
                : throw Invalid(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} of {point.MessageSize} bytes has no place in a plot over message size (ratio {point.Ratio}, {point.Low} to {point.High}): leave it out with Where-Object."));
        }
    }

    private static IEnumerable<string> Words(Measurement row, bool tellConnections, bool tellCpu)
    {
        if (row.Workload is { } workload)
        {
            yield return workload;
        }

        yield return row.Arm switch
        {
            MeasurementArm.Bypass => "bypass",
            MeasurementArm.Unix => "UNIX stream",
            MeasurementArm.Beside => "beside a bypass",
            _ => Path.GetFileName(row.ObjectPath) ?? "object",
        };
        if (tellConnections)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{row.Connections} {(row.Connections == 1 ? "connection" : "connections")}");
        }

        if (tellCpu)
        {
            yield return "CPU " + row.Cpu;
        }
    }

    private static string KindWords(MeasurementKind kind) => kind == MeasurementKind.ConnectionRate ? "Connection rate" : kind.ToString();

    private static BypassException Invalid(string message) => new(BypassError.InvalidSetting, message);
}
