using System.Globalization;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>Bytes as people write them: <c>0x7f 00 00 01</c>, <c>7f:00:00:01</c>, <c>0x7f 0x00 0x00 0x01</c>.</summary>
public static class HexText
{
    private const int DigitsOfByte = 2;

    /// <summary>Reads bytes in the order in which they lie in memory.</summary>
    /// <param name="text">Two digits a byte, with blanks, ':' or '-' between the bytes; 0x may stand before the first or before each.</param>
    /// <param name="needsBlanks">
    /// Refuse digits without anything between the bytes: <c>0x0000001a</c> could as well be the number 26, whose bytes
    /// lie the other way round.
    /// </param>
    /// <param name="bytes">The bytes.</param>
    /// <returns>Whether the text is bytes.</returns>
    public static bool TryParse(string text, bool needsBlanks, out byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = [];
        string[] parts = text.Split([' ', ':', '-', '\t', ','], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 1 && !needsBlanks)
        {
            ReadOnlySpan<char> digits = WithoutPrefix(parts[0]);
            if (digits.Length == 0 || digits.Length % DigitsOfByte != 0 || !AreDigits(digits))
            {
                return false;
            }

            bytes = Convert.FromHexString(digits);
            return true;
        }

        if (parts.Length < 2)
        {
            return false;
        }

        byte[] result = new byte[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            ReadOnlySpan<char> digits = WithoutPrefix(parts[i]);
            if (digits.Length != DigitsOfByte || !byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out result[i]))
            {
                return false;
            }
        }

        bytes = result;
        return true;
    }

    /// <summary>Writes bytes as <c>7f 00 00 01</c>.</summary>
    public static string Format(ReadOnlySpan<byte> bytes)
    {
        System.Text.StringBuilder text = new(bytes.Length * (DigitsOfByte + 1));
        foreach (byte value in bytes)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(value.ToString("x2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static ReadOnlySpan<char> WithoutPrefix(string part) =>
        part.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? part.AsSpan(2) : part;

    private static bool AreDigits(ReadOnlySpan<char> digits)
    {
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return false;
            }
        }

        return true;
    }
}
