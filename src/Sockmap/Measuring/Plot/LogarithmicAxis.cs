namespace Sockmap.Measuring.Plot;

/// <summary>Places values on a logarithmic axis.</summary>
/// <param name="low">The value at <paramref name="start"/>, more than 0.</param>
/// <param name="high">The value at <paramref name="end"/>, more than <paramref name="low"/>.</param>
/// <param name="start">Pixels.</param>
/// <param name="end">Pixels; less than <paramref name="start"/> on an axis that points up.</param>
internal sealed class LogarithmicAxis(double low, double high, double start, double end)
{
    // From this many times the lowest value on, round numbers are too many.
    private const double WideSpan = 6;

    private static readonly double[] Fine = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5];
    private static readonly double[] Steps = [1, 2, 5];

    /// <summary>The pixel of a value; beyond the ends of the axis for what is beyond its values.</summary>
    public double Place(double value) => start + ((end - start) * Math.Log(value / low) / Math.Log(high / low));

    /// <summary>Values to label on an axis of ratios, 1 always among them.</summary>
    public IReadOnlyList<double> RatioTicks()
    {
        IEnumerable<double> candidates = high / low > WideSpan || low < Fine[0] || high > Fine[^1]
            ? Enumerable.Range(-6, 13).SelectMany(power => Steps.Select(step => step * Math.Pow(10, power)))
            : Fine;
        return [.. candidates.Where(value => value >= low && value <= high)];
    }
}
