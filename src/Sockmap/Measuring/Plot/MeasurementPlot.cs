using System.Globalization;
using System.Xml.Linq;
using Sockmap.Bypasses;

namespace Sockmap.Measuring.Plot;

/// <summary>
/// Measurements as a picture (SVG 1.1 with styles of CSS): how many times as good as plain TCP each way is, over the size of
/// the messages. Both axes are logarithmic; a band, or whiskers where there is one size only, is the 95 % confidence interval;
/// a hollow mark is a measurement that was too noisy for a claim. The same measurements make the same bytes.
/// </summary>
public static class MeasurementPlot
{
    private const double Width = 860;
    private const double Left = 72;
    private const double Right = 836;
    private const double Top = 76;
    private const double Bottom = 396;
    private const double LegendTop = 466;
    private const double LegendRow = 22;
    private const double LabelWidth = 56;
    private const string TitleId = "sockmap-plot-title";
    private const string DescriptionId = "sockmap-plot-description";

    // A wide interval must not press the ratios together: it is cut off at this many times the ratio.
    private const double WidestShown = 2;

    // Around the values, and around a plain 1.
    private const double Margin = 1.08;
    private const double NarrowestShown = 1.25;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>Draws it.</summary>
    /// <param name="measurements">Of one machine and one run. Those of plain TCP are the line at 1.</param>
    /// <exception cref="BypassException">There is none, or they do not go together (InvalidSetting).</exception>
    public static XDocument Draw(IEnumerable<Measurement> measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        IReadOnlyList<Measurement> rows = [.. measurements];
        IReadOnlyList<PlotSeries> series = PlotSeries.Of(rows);
        PlotPoint[] points = [.. series.SelectMany(line => line.Points)];
        LogarithmicAxis x = SizeAxis(points);
        LogarithmicAxis y = RatioAxis(points);
        double height = LegendTop + (LegendRow * (series.Count + 1)) + 12;
        XElement root = new(
            Svg + "svg",
            new XAttribute("class", "sockmap-plot"),
            new XAttribute("viewBox", $"0 0 {Text(Width)} {Text(height)}"),
            new XAttribute("width", Text(Width)),
            new XAttribute("height", Text(height)),
            new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", TitleId + " " + DescriptionId),
            new XElement(Svg + "title", new XAttribute("id", TitleId), "Times as good as plain TCP, over message size"),
            new XElement(Svg + "desc", new XAttribute("id", DescriptionId), Describe(series, rows[0].Machine)),
            new XElement(Svg + "style", PlotStyle.Sheet()),
            Box("page", 0, 0, Width, height),
            new XElement(Svg + "clipPath", new XAttribute("id", "sockmap-plot-area"), Box(null, Left, Top, Right - Left, Bottom - Top)),
            Words("heading", Left, 30, "Times as good as plain TCP, over message size"),
            Words("quiet", Left, 52, Caption(rows)),
            Grid(x, y, points),
            Line("plain-tcp", Left, y.Place(1), Right, y.Place(1)),
            series.Select(line => Draw(line, x, y)),
            Legend(series));
        return new XDocument(root);
    }

    private static LogarithmicAxis SizeAxis(PlotPoint[] points)
    {
        // Half a doubling of room at either end.
        double low = points.Min(point => point.MessageSize) / Math.Sqrt(2);
        double high = points.Max(point => point.MessageSize) * Math.Sqrt(2);
        return new LogarithmicAxis(low, high, Left, Right);
    }

    private static LogarithmicAxis RatioAxis(PlotPoint[] points)
    {
        double low = points.Min(point => Math.Max(point.Low, point.Ratio / WidestShown));
        double high = points.Max(point => Math.Min(point.High, point.Ratio * WidestShown));
        return new LogarithmicAxis(Math.Min(low / Margin, 1 / NarrowestShown), Math.Max(high * Margin, NarrowestShown), Bottom, Top);
    }

    private static XElement Grid(LogarithmicAxis x, LogarithmicAxis y, PlotPoint[] points)
    {
        XElement grid = new(Svg + "g", new XAttribute("class", "grid"));
        foreach (double ratio in y.RatioTicks())
        {
            grid.Add(Line(null, Left, y.Place(ratio), Right, y.Place(ratio)));
            grid.Add(Words("quiet end", Left - 8, y.Place(ratio) + 4, ratio.ToString("0.######", CultureInfo.InvariantCulture) + "\u00d7"));
        }

        double free = double.NegativeInfinity;
        foreach (int size in points.Select(point => point.MessageSize).Distinct().Order())
        {
            double place = x.Place(size);
            grid.Add(Line(null, place, Top, place, Bottom));
            if (place >= free)
            {
                grid.Add(Words("quiet middle", place, Bottom + 20, SizeText(size)));
                free = place + LabelWidth;
            }
        }

        grid.Add(Words("quiet middle", (Left + Right) / 2, Bottom + 44, "Message size"));
        return grid;
    }

    private static XElement Draw(PlotSeries series, LogarithmicAxis x, LogarithmicAxis y)
    {
        XElement drawn = new(
            Svg + "g",
            new XAttribute("class", Classes("series", series)),
            new XAttribute("clip-path", "url(#sockmap-plot-area)"),
            new XElement(Svg + "title", series.Name));
        if (series.Points.Count == 1)
        {
            PlotPoint only = series.Points[0];
            drawn.Add(Line("whisker", x.Place(only.MessageSize), y.Place(only.Low), x.Place(only.MessageSize), y.Place(only.High)));
        }
        else
        {
            drawn.Add(Shape("polygon", "band", series.Points.Select(point => (x.Place(point.MessageSize), y.Place(point.High)))
                .Concat(series.Points.Reverse().Select(point => (x.Place(point.MessageSize), y.Place(point.Low))))));
            drawn.Add(Shape("polyline", "line", series.Points.Select(point => (x.Place(point.MessageSize), y.Place(point.Ratio)))));
        }

        drawn.Add(series.Points.Select(point => Mark(series.Kind, point.IsNoisy, x.Place(point.MessageSize), y.Place(point.Ratio), PointText(point))));
        return drawn;
    }

    private static XElement Legend(IReadOnlyList<PlotSeries> series)
    {
        XElement legend = new(Svg + "g", new XAttribute("class", "legend"));
        for (int i = 0; i < series.Count; i++)
        {
            double middle = LegendTop + (i * LegendRow);
            legend.Add(new XElement(
                Svg + "g",
                new XAttribute("class", Classes("key", series[i])),
                Shape("polyline", "line", [(Left, middle), (Left + 44, middle)]),
                Mark(series[i].Kind, isNoisy: false, Left + 22, middle, title: null),
                Words(null, Left + 56, middle + 4, series[i].Name)));
        }

        legend.Add(Words("quiet", Left, LegendTop + (series.Count * LegendRow) + 4, "More than 1 is better than plain TCP. Bands and whiskers: 95 % confidence. Hollow: too noisy for a claim."));
        return legend;
    }

    private static XElement Mark(MeasurementKind kind, bool isNoisy, double x, double y, string? title)
    {
        string className = isNoisy ? "point noisy" : "point";
        XElement mark = kind switch
        {
            MeasurementKind.Throughput => Box(className, x - 4, y - 4, 8, 8),
            MeasurementKind.ConnectionRate => Shape("polygon", className, [(x, y - 5), (x + 5, y + 4), (x - 5, y + 4)]),
            _ => new XElement(
                Svg + "circle", new XAttribute("class", className), new XAttribute("cx", Text(x)), new XAttribute("cy", Text(y)), new XAttribute("r", "4")),
        };
        if (title is not null)
        {
            mark.Add(new XElement(Svg + "title", title));
        }

        return mark;
    }

    private static string Classes(string what, PlotSeries series) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} kind-{(int)series.Kind} colour-{series.Colour}");

    private static string Describe(IReadOnlyList<PlotSeries> series, string machine) =>
        $"On {machine}. Each value is the ratio to plain TCP in the same run, more than 1 being better, and its 95 % confidence interval. "
        + string.Join(' ', series.Select(line => $"{line.Name}: {string.Join("; ", line.Points.Select(PointText))}."));

    private static string Caption(IReadOnlyList<Measurement> rows)
    {
        string cpus = string.Join(" / ", rows.Select(row => row.Cpu).Distinct(StringComparer.Ordinal));
        int[] rounds = [.. rows.Select(row => row.Rounds).Distinct().Order()];
        string roundText = rounds.Length == 1 ? Text(rounds[0]) : $"{Text(rounds[0])} to {Text(rounds[^1])}";
        return $"{rows[0].Machine}; CPU {cpus}; {roundText} rounds";
    }

    private static string PointText(PlotPoint point) => string.Create(
        CultureInfo.InvariantCulture,
        $"{SizeText(point.MessageSize)} {point.Ratio:0.00} ({point.Low:0.00} to {point.High:0.00}){(point.IsNoisy ? ", too noisy for a claim" : string.Empty)}");

    private static string SizeText(int size) => size switch
    {
        >= 1 << 20 when size % (1 << 20) == 0 => Text(size >> 20) + " MiB",
        >= 1 << 10 when size % (1 << 10) == 0 => Text(size >> 10) + " KiB",
        _ => Text(size) + " B",
    };

    private static XElement Words(string? className, double x, double y, string words) =>
        new(Svg + "text", Class(className), new XAttribute("x", Text(x)), new XAttribute("y", Text(y)), words);

    private static XElement Line(string? className, double x1, double y1, double x2, double y2) => new(
        Svg + "line",
        Class(className),
        new XAttribute("x1", Text(x1)),
        new XAttribute("y1", Text(y1)),
        new XAttribute("x2", Text(x2)),
        new XAttribute("y2", Text(y2)));

    private static XElement Box(string? className, double x, double y, double width, double height) => new(
        Svg + "rect",
        Class(className),
        new XAttribute("x", Text(x)),
        new XAttribute("y", Text(y)),
        new XAttribute("width", Text(width)),
        new XAttribute("height", Text(height)));

    private static XElement Shape(string name, string className, IEnumerable<(double X, double Y)> corners) =>
        new(Svg + name, Class(className), new XAttribute("points", string.Join(' ', corners.Select(corner => $"{Text(corner.X)},{Text(corner.Y)}"))));

    private static XAttribute? Class(string? name) => name is null ? null : new XAttribute("class", name);

    // A hundredth of a pixel is finer than anybody sees.
    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
