using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockmap.Filters;

/// <summary>A range of TCP ports in host order, both ends included; one port is a range of itself.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PortRange
{
    /// <summary>Makes a range from <paramref name="first"/> to <paramref name="last"/>, both 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A port is not 1 to 65535, or the last is below the first.</exception>
    public PortRange(int first, int last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(last, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(last, first);
        First = first;
        Last = last;
    }

    /// <summary>The lowest port.</summary>
    public int First { get; }

    /// <summary>The highest port.</summary>
    public int Last { get; }

    /// <summary>Reads <c>6379</c> or <c>8000-8100</c>.</summary>
    /// <exception cref="FormatException">The text is neither; the message names it.</exception>
    public static PortRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out PortRange range)
            ? range
            : throw new FormatException($"'{text}' is not a port (6379) or a range of ports (8000-8100); ports are 1 to 65535.");
    }

    /// <summary>Reads <c>6379</c> or <c>8000-8100</c>; false where the text is neither.</summary>
    public static bool TryParse(string? text, out PortRange range)
    {
        range = default;
        string[] ends = (text ?? string.Empty).Split('-', StringSplitOptions.TrimEntries);
        if (ends.Length > 2
            || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
            || first < 1 || last > ushort.MaxValue || last < first)
        {
            return false;
        }

        range = new PortRange(first, last);
        return true;
    }

    /// <summary>Sorts ranges and joins those that touch or overlap, so that equal sets of ports are equal lists.</summary>
    public static IReadOnlyList<PortRange> Normalize(IEnumerable<PortRange> ranges)
    {
        List<PortRange> joined = [];
        foreach (PortRange range in ranges.OrderBy(range => range.First))
        {
            if (joined.Count > 0 && range.First <= joined[^1].Last + 1)
            {
                joined[^1] = new PortRange(joined[^1].First, Math.Max(joined[^1].Last, range.Last));
            }
            else
            {
                joined.Add(range);
            }
        }

        return joined;
    }

    /// <summary><c>6379</c>, or <c>8000-8100</c>.</summary>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
