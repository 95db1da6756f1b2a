using System.Numerics;

namespace Sockmap.Measuring;

/// <summary>
/// Times counted in buckets that grow with them: exact below 128 ns, within 1 % above. All of it is there before the first
/// time is recorded, so that recording allocates nothing.
/// </summary>
internal sealed class LatencyHistogram
{
    // 128 buckets for each doubling, up to 2^40 ns (18 minutes); longer ones count as that.
    private const int BucketBits = 7;
    private const int MaxBits = 40;
    private const long Longest = (1L << MaxBits) - 1;

    private readonly long[] _counts = new long[(MaxBits - BucketBits + 1) << BucketBits];

    /// <summary>How many times were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exact.</summary>
    public long Maximum { get; private set; }

    /// <summary>Records a time.</summary>
    public void Record(long nanoseconds)
    {
        _counts[IndexOf(nanoseconds)]++;
        Count++;
        Maximum = Math.Max(Maximum, nanoseconds);
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        Maximum = 0;
    }

    /// <summary>Adds what another one has.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        Maximum = Math.Max(Maximum, other.Maximum);
    }

    /// <summary>
    /// A time that this part of all was no longer than (nearest rank), as the middle of its bucket; 0 where none was recorded.
    /// </summary>
    public long Quantile(double part)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(part * Count));
        for (int i = 0; i < _counts.Length; i++)
        {
            rank -= _counts[i];
            if (rank <= 0)
            {
                return Math.Min(MiddleOf(i), Maximum);
            }
        }

        return Maximum;
    }

    /// <summary>The buckets that have counts: number, count, number, count, and so on.</summary>
    public IReadOnlyList<long> Export()
    {
        List<long> pairs = [];
        for (int i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] > 0)
            {
                pairs.Add(i);
                pairs.Add(_counts[i]);
            }
        }

        return pairs;
    }

    /// <summary>One of what <see cref="Export"/> gave.</summary>
    public static LatencyHistogram Import(IReadOnlyList<long> pairs, long maximum)
    {
        LatencyHistogram histogram = new() { Maximum = maximum };
        for (int i = 0; i < pairs.Count; i += 2)
        {
            histogram._counts[pairs[i]] = pairs[i + 1];
            histogram.Count += pairs[i + 1];
        }

        return histogram;
    }

    private static int IndexOf(long nanoseconds)
    {
        long value = Math.Clamp(nanoseconds, 0, Longest);
        int shift = Math.Max(0, BitOperations.Log2((ulong)value) - BucketBits);
        return value < 1 << BucketBits ? (int)value : ((shift + 1) << BucketBits) + (int)(value >> shift) - (1 << BucketBits);
    }

    private static long MiddleOf(int index)
    {
        int shift = Math.Max(0, (index >> BucketBits) - 1);
        long first = index < 1 << BucketBits ? index : ((long)(index & ((1 << BucketBits) - 1)) + (1 << BucketBits)) << shift;
        return first + ((1L << shift) / 2);
    }
}
