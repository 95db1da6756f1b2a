using System.Globalization;
using System.Xml.Linq;
using Sockmap.Bypasses;
using Sockmap.Measuring;
using Sockmap.Measuring.Plot;

namespace Sockmap.Tests.Measuring;

/// <summary>A plot has a line for each way, and its points where the ratios are.</summary>
public sealed class MeasurementPlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void EachArmOfEachKindIsALineOfItsOwn()
    {
        XElement plot = Draw(
            Row(), Row(size: 4096), Row(arm: MeasurementArm.Unix), Row(arm: MeasurementArm.Unix, size: 4096),
            Row(kind: MeasurementKind.Throughput), Row(kind: MeasurementKind.ConnectionRate, size: 1),
            Row(arm: MeasurementArm.Tcp), Row(arm: MeasurementArm.Object) with { ObjectPath = "/tmp/naive.bpf.o" });

        Assert.Equal(
            ["Latency, bypass", "Latency, UNIX stream", "Latency, naive.bpf.o", "Throughput, bypass", "Connection rate, bypass"],
            Of(plot, "series").Select(series => series.Element(Svg + "title")!.Value));
        Assert.Equal([2, 2, 1, 1, 1], Of(plot, "series").Select(series => Of(series, "point").Count()));
        Assert.Equal(Of(plot, "series").Select(series => series.Element(Svg + "title")!.Value), Of(plot, "key").Select(key => key.Element(Svg + "text")!.Value));

        // One way has one colour in all kinds.
        Assert.Equal([0, 1, 2, 0, 0], Of(plot, "series").Select(series => int.Parse(series.Attribute("class")!.Value[^1..], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void PointsAreWhereTheirValuesAre()
    {
        XElement plot = Draw(Row(size: 1, ratio: 1), Row(size: 32, ratio: 1.5), Row(size: 1024, ratio: 2.25));

        XElement[] points = [.. Of(plot, "point").Where(point => point.Element(Svg + "title") is not null)];
        double[] x = [.. points.Select(point => Number(point, "cx"))];
        double[] y = [.. points.Select(point => Number(point, "cy"))];

        // The same factor is the same distance on both axes; larger is right, and up.
        Assert.Equal(x[1] - x[0], x[2] - x[1], 0.03);
        Assert.Equal(y[0] - y[1], y[1] - y[2], 0.03);
        Assert.True(x[1] > x[0] && y[1] < y[0]);

        // As good as plain TCP is on the line of plain TCP.
        Assert.Equal(Number(Assert.Single(Of(plot, "plain-tcp")), "y1"), y[0]);
        Assert.Equal("32 B 1.50 (1.43 to 1.58)", points[1].Element(Svg + "title")!.Value);
    }

    [Fact]
    public void TheIntervalIsABandAndOfOneSizeAWhisker()
    {
        XElement plot = Draw(Row(ratio: 1.5), Row(size: 4096, ratio: 2), Row(kind: MeasurementKind.ConnectionRate, ratio: 1));

        XElement band = Assert.Single(Of(plot, "band"));
        (double X, double Y)[] corners = Corners(band);
        (double X, double Y)[] line = Corners(Of(Of(plot, "series").First(), "line").Single());
        Assert.Equal(4, corners.Length);
        Assert.Equal([line[0].X, line[1].X, line[1].X, line[0].X], corners.Select(corner => corner.X));
        Assert.True(corners[0].Y < line[0].Y && corners[3].Y > line[0].Y);

        XElement whisker = Assert.Single(Of(plot, "whisker"));
        Assert.True(Number(whisker, "y1") > Number(whisker, "y2"));
        double one = Number(Assert.Single(Of(plot, "plain-tcp")), "y1");
        Assert.InRange(one, Number(whisker, "y2"), Number(whisker, "y1"));
    }

    [Fact]
    public void ItIsToldInWordsToo()
    {
        XElement plot = Draw(Row(ratio: 1.6), Row(size: 1 << 20, ratio: 0.9) with { IsNoisy = true });

        Assert.Equal(
            $"{plot.Element(Svg + "title")!.Attribute("id")!.Value} {plot.Element(Svg + "desc")!.Attribute("id")!.Value}", plot.Attribute("aria-labelledby")!.Value);
        Assert.Contains("On Linux 6.18", plot.Element(Svg + "desc")!.Value, StringComparison.Ordinal);
        Assert.Contains(
            "Latency, bypass: 64 B 1.60 (1.52 to 1.68); 1 MiB 0.90 (0.86 to 0.95), too noisy for a claim.", plot.Element(Svg + "desc")!.Value, StringComparison.Ordinal);
        Assert.Single(Of(plot, "noisy"));
        Assert.Contains(plot.Elements(Svg + "text"), text => text.Value == "Linux 6.18, 2 x CPU; CPU 1; 10 rounds");
    }

    [Fact]
    public void EveryClassHasARuleAndBothPagesHaveEveryColour()
    {
        string sheet = Draw(Row()).Element(Svg + "style")!.Value;

        string[] halves = sheet.Split("@media (prefers-color-scheme: dark)");
        Assert.Equal(2, halves.Length);
        for (int i = 0; i < PlotStyle.Colours; i++)
        {
            string rule = string.Create(CultureInfo.InvariantCulture, $".colour-{i} {{ --own: #");
            Assert.All(halves, half => Assert.Contains(rule, half, StringComparison.Ordinal));
        }

        Assert.All(Enum.GetValues<MeasurementKind>(), kind => Assert.Contains(string.Create(CultureInfo.InvariantCulture, $".kind-{(int)kind} .line"), sheet, StringComparison.Ordinal));
    }

    [Fact]
    public void AWideIntervalDoesNotPressTheOthersTogether()
    {
        double Distance(double high)
        {
            XElement[] points = [.. Of(Draw(Row(ratio: 1), Row(size: 128, ratio: 2) with { RatioHigh = high }), "point").Where(point => point.Element(Svg + "title") is not null)];
            return Number(points[0], "cy") - Number(points[1], "cy");
        }

        Assert.Equal(Distance(4), Distance(4000));
    }

    [Fact]
    public void TheOrderOfTheRowsAndTheCultureChangeNothing()
    {
        Measurement[] rows = [Row(), Row(size: 4096), Row(arm: MeasurementArm.Unix), Row(kind: MeasurementKind.Throughput)];
        string plot = MeasurementPlot.Draw(rows).ToString();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = comma;

            Assert.Equal(plot, MeasurementPlot.Draw(rows.Reverse()).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    public static TheoryData<string, Measurement[]> Impossible => new()
    {
        { "There is no measurement to plot: Measure-SockmapBypass makes them.", [] },
        { "Only plain TCP was measured, which the others are compared with: there is no ratio to plot.", [Row(arm: MeasurementArm.Tcp)] },
        { "Latency, bypass of 64 bytes is there 2 times: a plot is of one run.", [Row(), Row()] },
        {
            "Measurements of several machines do not go into one plot ('Linux 6.18, 2 x CPU' and 'another'): choose those of one with Where-Object Machine.",
            [Row(), Row(size: 1) with { Machine = "another" }]
        },
        {
            "Latency, bypass of 64 bytes has no place in a plot over message size (ratio 0, 0 to 0): leave it out with Where-Object.",
            [Row(ratio: 0)]
        },
        {
            "Latency, pgbench, bypass of 0 bytes has no place in a plot over message size (ratio 1.5, 1.4285714285714286 to 1.5750000000000002): leave it out with Where-Object.",
            [Row(size: 0, ratio: 1.5) with { Workload = "pgbench" }]
        },
        {
            "7 lines of a kind cannot be told apart in one plot, 6 can: choose some with Where-Object Arm, Connections or Workload.",
            [.. Enumerable.Range(1, 7).Select(connections => Row() with { Connections = connections })]
        },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void WhatCannotBePlottedIsOneClearError(string message, Measurement[] rows)
    {
        BypassException error = Assert.Throws<BypassException>(() => MeasurementPlot.Draw(rows));

        Assert.Equal(BypassError.InvalidSetting, error.Error);
        Assert.Equal(message, error.Message);
    }

    private static Measurement Row(
        MeasurementKind kind = MeasurementKind.Latency, MeasurementArm arm = MeasurementArm.Bypass, int size = 64, double ratio = 1.25) => new()
        {
            Kind = kind,
            Arm = arm,
            MessageSize = size,
            Connections = 1,
            Cpu = "1",
            Unit = "us",
            Median = 10,
            P99 = 11,
            P999 = 12,
            Maximum = 13,
            CpuSecondsPerGigabyte = 1,
            Ratio = ratio,
            RatioLow = ratio / 1.05,
            RatioHigh = ratio * 1.05,
            Rounds = 10,
            IsNoisy = false,
            RedirectedShare = 1,
            Time = DateTime.UnixEpoch,
            Machine = "Linux 6.18, 2 x CPU",
        };

    private static XElement Draw(params Measurement[] rows)
    {
        // As a reader of the file has it.
        using StringReader text = new(MeasurementPlot.Draw(rows).ToString());
        return XDocument.Load(text).Root!;
    }

    private static IEnumerable<XElement> Of(XElement within, string className) =>
        within.Descendants().Where(element => element.Attribute("class") is { } classes && classes.Value.Split(' ').Contains(className, StringComparer.Ordinal));

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static (double X, double Y)[] Corners(XElement shape) =>
    [
        .. shape.Attribute("points")!.Value.Split(' ').Select(corner => corner.Split(',')).Select(
            corner => (double.Parse(corner[0], CultureInfo.InvariantCulture), double.Parse(corner[1], CultureInfo.InvariantCulture))),
    ];
}
