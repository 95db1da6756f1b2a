using System.Globalization;

namespace Sockmap.Measuring;

/// <summary>Numbers of measurements as tables show them, the same in every locale.</summary>
public static class MeasurementText
{
    /// <summary>Three digits at least, whatever the size: <c>9.31</c>, <c>14.6</c>, <c>3,436</c>; a dash for none.</summary>
    public static string Number(double? value) => value is not { } number ? "-" : number.ToString(
        number switch { >= 100 => "N0", >= 10 => "N1", _ => "N2" }, CultureInfo.InvariantCulture);

    /// <summary>A ratio: <c>1.52</c>.</summary>
    public static string Ratio(double ratio) => ratio.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>The interval of a ratio, and whether it is too wide for a claim; empty for plain TCP, which is compared with itself.</summary>
    public static string Interval(double low, double high, bool isNoisy)
    {
        bool isItself = (low, high) == (1, 1);
        return isItself ? string.Empty : $"{Ratio(low)} to {Ratio(high)}{(isNoisy ? " noisy" : string.Empty)}";
    }
}
