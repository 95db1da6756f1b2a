namespace Sockmap.Sockets;

/// <summary>
/// Numbers by 64-bit keys, in little more than their own room: hundreds of thousands of sockets are to be known by their
/// cookies while a listing streams by. It grows in small parts, of which none is a large object to the garbage collector.
/// </summary>
internal sealed class KeyTable
{
    private const int PartBits = 8;
    private const int FirstCapacity = 16;

    private readonly Part[] _parts = new Part[1 << PartBits];

    public int Count { get; private set; }

    /// <summary>The number of a key; -1 where it has none.</summary>
    /// <param name="key">Not 0.</param>
    public int Find(ulong key)
    {
        ulong hash = Mix(key);
        ref Part part = ref PartOf(hash);
        return part.Keys is null ? -1 : part.Numbers[part.Seek(key, hash)] - 1;
    }

    /// <summary>Gives a key its number, in place of the one it has.</summary>
    /// <param name="key">Not 0.</param>
    /// <param name="number">Not negative.</param>
    public void Set(ulong key, int number)
    {
        ulong hash = Mix(key);
        ref Part part = ref PartOf(hash);
        if (part.Keys is null)
        {
            part = new Part(FirstCapacity);
        }

        int place = part.Seek(key, hash);
        if (part.Numbers[place] == 0)
        {
            if (part.IsNearlyFull)
            {
                part = part.Double();
                place = part.Seek(key, hash);
            }

            part.Count++;
            Count++;
        }

        part.Keys[place] = key;
        part.Numbers[place] = number + 1;
    }

    /// <summary>An odd constant of xxHash64, and the high bits down to the low ones.</summary>
    private static ulong Mix(ulong key)
    {
        ulong mixed = key * 0x9E3779B185EBCA87;
        return mixed ^ (mixed >> 32);
    }

    private ref Part PartOf(ulong hash) => ref _parts[hash >> (64 - PartBits)];

    /// <summary>A hash with linear probing; number 0 is a free place.</summary>
    private struct Part(int capacity)
    {
        public readonly ulong[] Keys = new ulong[capacity];
        public readonly int[] Numbers = new int[capacity];
        public int Count;

        public readonly bool IsNearlyFull => Count >= Keys.Length * 3 / 4;

        public readonly int Seek(ulong key, ulong hash)
        {
            int mask = Keys.Length - 1;
            int place = (int)hash & mask;
            while (Numbers[place] != 0 && Keys[place] != key)
            {
                place = (place + 1) & mask;
            }

            return place;
        }

        public readonly Part Double()
        {
            Part grown = new(Keys.Length * 2) { Count = Count };
            for (int i = 0; i < Keys.Length; i++)
            {
                if (Numbers[i] != 0)
                {
                    int place = grown.Seek(Keys[i], Mix(Keys[i]));
                    grown.Keys[place] = Keys[i];
                    grown.Numbers[place] = Numbers[i];
                }
            }

            return grown;
        }
    }
}
