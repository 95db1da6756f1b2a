using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Streams;

/// <summary>
/// Turns of a conversation: before its message k the first speaker needs the other's messages 0 to k-1, the second 0 to k.
/// Both ends know all sizes, since they are drawn from the seed.
/// </summary>
internal sealed class TurnKeeper
{
    private readonly StreamGenerator _other;
    private readonly WriteSizes _otherSizes;
    private readonly long _otherTotal;
    private long _otherMessages;

    public TurnKeeper(StreamGenerator other, WriteSizes otherSizes, long otherTotal, bool speaksFirst)
    {
        _other = other;
        _otherSizes = otherSizes;
        _otherTotal = otherTotal;
        if (!speaksFirst)
        {
            MessageSent();
        }
    }

    /// <summary>Offset (bytes) that the other direction must have reached before the next message.</summary>
    public long Needed { get; private set; }

    public void MessageSent()
    {
        int size = _otherSizes.At(_otherMessages, _other.RandomFor(_otherMessages));
        _otherMessages++;
        Needed += Math.Min(size, _otherTotal - Needed);
    }
}
