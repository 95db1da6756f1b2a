using System.Globalization;
using System.Numerics;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>Whole numbers out of whatever scripts hold them in.</summary>
internal static class NumberReader
{
    private const int LongestText = 64;

    internal static bool TryRead(object value, out BigInteger number)
    {
        switch (value)
        {
            case byte or sbyte or short or ushort or int or long:
                number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                return true;
            case uint or ulong:
                number = Convert.ToUInt64(value, CultureInfo.InvariantCulture);
                return true;
            case BigInteger big:
                number = big;
                return true;
            case Int128 wide:
                number = wide;
                return true;
            case UInt128 wide:
                number = wide;
                return true;
            case bool flag:
                number = flag ? 1 : 0;
                return true;
            case char character:
                number = character;
                return true;
            case float or double when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var real && double.IsInteger(real):
                number = new BigInteger(real);
                return true;
            case decimal real when decimal.IsInteger(real):
                number = new BigInteger(real);
                return true;
            case Enum constant:
                return TryRead(Convert.ChangeType(constant, Enum.GetUnderlyingType(constant.GetType()), CultureInfo.InvariantCulture), out number);
            case string text:
                return TryParse(text, out number);
            default:
                number = default;
                return false;
        }
    }

    private static bool TryParse(string text, out BigInteger number)
    {
        number = default;
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        if (trimmed.Length is 0 or > LongestText)
        {
            return false;
        }

        // The zero in front keeps the number positive: BigInteger takes a leading f for a sign.
        return trimmed.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? BigInteger.TryParse($"0{trimmed[2..]}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && trimmed.Length > 2
            : BigInteger.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }
}
