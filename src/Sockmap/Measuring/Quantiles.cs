namespace Sockmap.Measuring;

/// <summary>Quantiles of a few values.</summary>
internal static class Quantiles
{
    /// <summary>The value that this part of all is no larger than, between two in proportion (R's type 7).</summary>
    public static double Of(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        double place = part * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
