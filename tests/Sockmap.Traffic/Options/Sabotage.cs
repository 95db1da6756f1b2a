using System.Globalization;

namespace Sockmap.Traffic.Options;

/// <summary>A fault to make on purpose and the offset (bytes) to make it at. Written <c>swap:5000</c>.</summary>
/// <remarks>
/// Corrupt inverts one byte. Swap exchanges two neighbouring blocks. Lose leaves a block out and Repeat sends one twice (the
/// total stays). Truncate ends the stream early, Extend sends one byte too many. Stall never sends again.
/// </remarks>
public sealed record Sabotage(SabotageKind Kind, long Offset)
{
    /// <summary>Length of the blocks that are swapped, lost or repeated.</summary>
    public const int BlockLength = 64;

    public static Sabotage Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && Enum.TryParse(text[..colon], ignoreCase: true, out SabotageKind kind)
            && long.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            ? new Sabotage(kind, offset)
            : throw new FormatException($"'{text}' is no sabotage; write KIND:OFFSET, for example swap:5000.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}:{Offset}");
}
