using Sockmap.Measuring;

namespace Sockmap.Tests.Measuring;

/// <summary>The statistics, on numbers whose answer is known.</summary>
public sealed class StatisticsOfRoundsTests
{
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(9, 2.262)]
    [InlineData(30, 2.042)]
    [InlineData(31, 2.0395)]
    [InlineData(60, 2.0003)]
    [InlineData(120, 1.9799)]
    [InlineData(999, 1.9623)]
    public void StudentsTIsThatOfTheTables(int degreesOfFreedom, double expected) =>
        Assert.Equal(expected, RatioInterval.Quantile(degreesOfFreedom), 0.0002);

    [Fact]
    public void AnIntervalIsTOverLogarithms()
    {
        RatioInterval interval = RatioInterval.Of([1, 2, 4]);

        // Mean and deviation of the logarithms are ln 2; half is 4.303 ln 2 / sqrt 3.
        Assert.Equal(2, interval.Ratio, 1e-9);
        Assert.Equal(0.3574, interval.Low, 0.0005);
        Assert.Equal(11.19, interval.High, 0.01);
        Assert.True(interval.IsNoisy);
    }

    [Fact]
    public void TheReciprocalsHaveTheReciprocalInterval()
    {
        double[] ratios = [1.4, 1.5, 1.45, 1.6, 1.52];
        RatioInterval there = RatioInterval.Of(ratios);
        RatioInterval back = RatioInterval.Of([.. ratios.Select(ratio => 1 / ratio)]);

        Assert.Equal(1 / there.Ratio, back.Ratio, 1e-9);
        Assert.Equal(1 / there.Low, back.High, 1e-9);
        Assert.Equal(1 / there.High, back.Low, 1e-9);
    }

    [Fact]
    public void EqualRoundsLeaveNoDoubt()
    {
        RatioInterval interval = RatioInterval.Of([1.5, 1.5, 1.5]);

        Assert.Equal(1.5, interval.Low, 1e-9);
        Assert.Equal(1.5, interval.High, 1e-9);
        Assert.False(interval.IsNoisy);
    }

    [Theory]
    [InlineData(1.0, 1.2, false)]
    [InlineData(1.0, 1.21, true)]
    [InlineData(0.5, 0.7, true)]
    [InlineData(double.NaN, double.NaN, true)]
    public void TooWideIsNoisy(double low, double high, bool isNoisy) => Assert.Equal(isNoisy, new RatioInterval(1, low, high).IsNoisy);

    [Fact]
    public void QuantilesOfAFewAreInProportion()
    {
        double[] values = [4, 1, 3, 2];

        Assert.Equal(2.5, Quantiles.Of(values, 0.5));
        Assert.Equal(1, Quantiles.Of(values, 0));
        Assert.Equal(4, Quantiles.Of(values, 1));
        Assert.Equal(3.97, Quantiles.Of(values, 0.99), 1e-9);
    }

    [Fact]
    public void AHistogramIsExactBelow128AndWithinOnePercentAbove()
    {
        for (long time = 1; time < 1L << 39; time = (time * 17 / 16) + 1)
        {
            LatencyHistogram one = new();
            one.Record(time);
            one.Record(1L << 39);

            long found = one.Quantile(0.5);

            Assert.True(time < 128 ? found == time : Math.Abs(found - time) <= time / 100.0, $"{time} became {found}");
            Assert.Equal(1L << 39, one.Maximum);
        }
    }

    [Fact]
    public void ItsQuantilesAreNearestRanks()
    {
        LatencyHistogram histogram = new();
        for (int time = 1; time <= 100; time++)
        {
            histogram.Record(time);
        }

        Assert.Equal(50, histogram.Quantile(0.5));
        Assert.Equal(99, histogram.Quantile(0.99));
        Assert.Equal(100, histogram.Quantile(0.999));
        Assert.Equal(1, histogram.Quantile(0));
        Assert.Equal(100, histogram.Count);
    }

    [Fact]
    public void TimesBeyondItsEndAreKept()
    {
        LatencyHistogram histogram = new();
        histogram.Record(-1);
        histogram.Record(long.MaxValue);

        Assert.Equal(2, histogram.Count);
        Assert.Equal(long.MaxValue, histogram.Maximum);
        Assert.Equal(0, histogram.Quantile(0.5));
        Assert.Equal(0, new LatencyHistogram().Quantile(0.5));
    }

    [Fact]
    public void AnExportedHistogramIsTheSame()
    {
        LatencyHistogram histogram = new();
        foreach (long time in (long[])[3, 900, 15_000, 15_001, 1_000_000])
        {
            histogram.Record(time);
        }

        LatencyHistogram twice = LatencyHistogram.Import(histogram.Export(), histogram.Maximum);
        twice.Add(histogram);

        Assert.Equal(10, twice.Count);
        Assert.Equal(1_000_000, twice.Maximum);
        Assert.Equal(histogram.Quantile(0.5), twice.Quantile(0.5));
        histogram.Clear();
        Assert.Empty(histogram.Export());
        Assert.Equal(0, histogram.Count);
    }

    [Fact]
    public void RecordingAllocatesNothing()
    {
        LatencyHistogram histogram = new();
        histogram.Record(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            histogram.Record(i * 100L);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    public void ListsOfCpusAreRead(string list, int[] expected) => Assert.Equal(expected, MachineText.ParseCpus(list));
}
