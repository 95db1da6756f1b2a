using System.Globalization;

namespace Sockmap.Cli.Output;

/// <summary>Numbers as people read them, the same in every locale.</summary>
internal static class Quantity
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary><c>123,456</c>.</summary>
    public static string Count(ulong count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>123,456</c>.</summary>
    public static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>512 B</c>, <c>1.5 KiB</c>: three digits and the unit, powers of 1024.</summary>
    public static string Bytes(ulong bytes)
    {
        double value = bytes;
        int unit = 0;

        // 1023.5 would be shown as 1024: the next unit begins there.
        while (value >= 1023.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string digits = unit == 0 || value >= 99.95
            ? value.ToString("F0", CultureInfo.InvariantCulture)
            : value.ToString("F1", CultureInfo.InvariantCulture);
        return $"{digits} {Units[unit]}";
    }

    /// <summary><c>12.3 us</c>.</summary>
    public static string Microseconds(double nanoseconds) =>
        (nanoseconds / 1000).ToString("N1", CultureInfo.InvariantCulture) + " us";

    /// <summary><c>1.52</c>.</summary>
    public static string Ratio(double ratio) => ratio.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary><c>1 socket</c>, <c>2 sockets</c>.</summary>
    public static string Of(ulong count, string thing) => $"{Count(count)} {thing}{(count == 1 ? "" : "s")}";
}
