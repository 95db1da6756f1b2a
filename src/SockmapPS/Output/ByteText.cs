using System.Globalization;

namespace SockmapPS.Output;

/// <summary>Numbers of bytes for people; what the table views show.</summary>
public static class ByteText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>At most eight characters: <c>812 B</c>, <c>1.5 KiB</c>, <c>1023 MiB</c>.</summary>
    /// <param name="bytes">Number of bytes.</param>
    public static string Format(ulong bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string digits = unit == 0 || value >= 99.95 ? "0" : "0.#";
        return value.ToString(digits, CultureInfo.InvariantCulture) + " " + Units[unit];
    }
}
