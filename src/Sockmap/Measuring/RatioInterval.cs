using System.Runtime.InteropServices;

namespace Sockmap.Measuring;

/// <summary>A ratio known from several rounds, with its 95 % confidence interval.</summary>
/// <param name="Ratio">Geometric mean.</param>
/// <param name="Low">Low end of the interval.</param>
/// <param name="High">High end.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RatioInterval(double Ratio, double Low, double High)
{
    /// <summary>From this times the low end on the high end is too far away for a claim.</summary>
    public const double WidestForAClaim = 1.2;

    /// <summary>What to do then.</summary>
    public const string NoisyRemark = "Too noisy for a claim: have the machine do nothing else, or take more or longer rounds.";

    // Two-sided 95 % quantiles of Student's t with 1 to 30 degrees of freedom (any table of it).
    private static readonly double[] Quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    /// <summary>True where the interval is too wide for a claim.</summary>
    public bool IsNoisy => !(High <= Low * WidestForAClaim);

    /// <summary>
    /// Student's t over the logarithms: a ratio and its reciprocal weigh the same, and few rounds make the interval wide.
    /// </summary>
    /// <param name="ratios">One of each round, two at least.</param>
    public static RatioInterval Of(IReadOnlyList<double> ratios)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ratios.Count, 2, nameof(ratios));
        double[] logarithms = [.. ratios.Select(ratio => Math.Log(ratio))];
        double mean = logarithms.Average();
        double deviation = Math.Sqrt(logarithms.Sum(value => (value - mean) * (value - mean)) / (logarithms.Length - 1));
        double half = Quantile(logarithms.Length - 1) * deviation / Math.Sqrt(logarithms.Length);
        return new RatioInterval(Math.Exp(mean), Math.Exp(mean - half), Math.Exp(mean + half));
    }

    /// <summary>The two-sided 95 % quantile of Student's t.</summary>
    internal static double Quantile(int degreesOfFreedom)
    {
        if (degreesOfFreedom <= Quantiles.Length)
        {
            return Quantiles[degreesOfFreedom - 1];
        }

        // The first terms of the expansion in 1/n (Abramowitz and Stegun 26.7.5), exact to three places from here on.
        const double z = 1.959964;
        double n = degreesOfFreedom;
        return z + (((z * z * z) + z) / (4 * n)) + (((5 * Math.Pow(z, 5)) + (16 * z * z * z) + (3 * z)) / (96 * n * n));
    }
}
