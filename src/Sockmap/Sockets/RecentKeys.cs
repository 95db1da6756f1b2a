namespace Sockmap.Sockets;

/// <summary>
/// Remembers the last keys of a listing, to leave out what is given twice: the kernel's iterator over a SOCKHASH begins a
/// bucket anew with every read(2) that ends in it (net/core/sock_map.c). One read(2) writes 32 KiB at most (8 pages,
/// kernel/bpf/bpf_iter.c), so that as many keys as records fit there are enough.
/// </summary>
/// <typeparam name="TKey">A key.</typeparam>
internal sealed class RecentKeys<TKey>
    where TKey : notnull
{
    /// <summary>Enough for records of 32 bytes and more.</summary>
    public const int Capacity = 1024;

    private readonly HashSet<TKey> _known;
    private readonly TKey[] _ring = new TKey[Capacity];
    private int _count;

    public RecentKeys(IEqualityComparer<TKey>? comparer = null) => _known = new(Capacity, comparer);

    /// <summary>Remembers a key in the place of the oldest; false where it is among those remembered.</summary>
    public bool Add(TKey key)
    {
        if (!_known.Add(key))
        {
            return false;
        }

        int place = _count % Capacity;
        if (_count >= Capacity)
        {
            _known.Remove(_ring[place]);
        }

        _ring[place] = key;
        _count = _count == (2 * Capacity) - 1 ? Capacity : _count + 1;
        return true;
    }
}
