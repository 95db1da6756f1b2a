using System.Globalization;

namespace Sockmap.Traffic.Options;

/// <summary>
/// Sizes (bytes) of the successive writes: one (<c>1000</c>), a list gone through again and again (<c>1,10,100</c>), or a
/// range (<c>1..1048576</c>) drawn evenly over its orders of magnitude.
/// </summary>
public sealed record WriteSizes
{
    public const int Maximum = 1 << 20;

    private readonly string _text;
    private readonly int[] _sizes;
    private readonly bool _isRange;

    private WriteSizes(string text, int[] sizes, bool isRange)
    {
        _text = text;
        _sizes = sizes;
        _isRange = isRange;
    }

    public int Largest => _sizes.Max();

    public static WriteSizes Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool isRange = text.Contains("..", StringComparison.Ordinal);
        string[] parts = isRange ? text.Split("..") : text.Split(',');
        int[] sizes = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] is < 1 or > Maximum)
            {
                throw new FormatException($"'{text}' are no write sizes; write 1000, 1,10,100 or 1..1048576 (1 to {Maximum} bytes).");
            }
        }

        return !isRange || (sizes.Length == 2 && sizes[0] <= sizes[1])
            ? new WriteSizes(text, sizes, isRange)
            : throw new FormatException($"'{text}' is no range of write sizes; write SMALLEST..LARGEST.");
    }

    /// <summary>The size of write <paramref name="index"/>; <paramref name="random"/> decides within a range.</summary>
    public int At(long index, ulong random)
    {
        if (!_isRange)
        {
            return _sizes[index % _sizes.Length];
        }

        double low = Math.Log(_sizes[0]);
        double high = Math.Log(_sizes[1] + 1.0);
        double unit = (random >> 11) * (1.0 / (1UL << 53));
        return Math.Clamp((int)Math.Exp(low + (unit * (high - low))), _sizes[0], _sizes[1]);
    }

    public override string ToString() => _text;
}
