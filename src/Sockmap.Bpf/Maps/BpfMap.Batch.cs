using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Maps;

/// <content>Many entries with one system call (BPF_MAP_*_BATCH, Linux 5.6), or one by one where the map has no such call.</content>
public sealed unsafe partial class BpfMap
{
    private const int BatchBytes = 256 * 1024;
    private const int MostInBatch = 4096;
    private const int SmallestCursor = sizeof(uint);

    /// <summary>
    /// The entries, while the map may change. Every key that is there all the time is given exactly once; keys that
    /// come or go meanwhile are given or not. A queue or a stack gives the one that is next.
    /// </summary>
    /// <remarks>Values are null where the kernel gives none: in a sockhash of 4-byte values, see <see cref="MapCreationRules"/>.</remarks>
    /// <exception cref="BpfException">
    /// EOPNOTSUPP where keys cannot be listed (ring buffers, storage of sockets and tasks, bloom filters); EPERM for a
    /// write-only descriptor; EAGAIN when the map changed so fast that no end was reached.
    /// </exception>
    public IEnumerable<MapEntry> EnumerateEntries()
    {
        if (Type is BpfMapType.Queue or BpfMapType.Stack)
        {
            return EnumerateNext();
        }

        return ListsInBatches ? EnumerateBatches() : EnumerateOneByOne();
    }

    /// <summary>Writes many entries.</summary>
    /// <param name="entries">Keys and values of the map's sizes.</param>
    /// <param name="flags">Whether keys must or must not exist; other than Any is checked entry by entry.</param>
    /// <exception cref="BpfException">As <see cref="Update(ReadOnlySpan{byte}, ReadOnlySpan{byte}, BpfMapUpdateFlags)"/>. What came before the entry that failed is written.</exception>
    /// <exception cref="ArgumentException">A key or a value has another size, or there is no value.</exception>
    public void UpdateMany(IEnumerable<MapEntry> entries, BpfMapUpdateFlags flags = BpfMapUpdateFlags.Any)
    {
        ArgumentNullException.ThrowIfNull(entries);
        bool batches = flags == BpfMapUpdateFlags.Any;
        foreach (MapEntry[] chunk in entries.Chunk(BatchCount))
        {
            foreach (MapEntry entry in chunk)
            {
                CheckKey(entry.Key);
                CheckValue(entry.Value);
            }

            int done = 0;
            if (batches)
            {
                batches = TryBatch(bpf_cmd.BPF_MAP_UPDATE_BATCH, chunk, withValues: true, out done);
            }

            foreach (MapEntry entry in chunk.Skip(done))
            {
                Update(entry.Key, entry.Value, flags);
            }
        }
    }

    /// <summary>Deletes many keys. Those that are not there are passed over.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="BpfException">As <see cref="TryDelete(ReadOnlySpan{byte})"/>. What came before the key that failed is deleted.</exception>
    public int DeleteMany(IEnumerable<byte[]> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        int deleted = 0;
        bool batches = true;
        foreach (byte[][] chunk in keys.Chunk(BatchCount))
        {
            MapEntry[] entries = [.. chunk.Select(static key => new MapEntry(key, null))];
            foreach (MapEntry entry in entries)
            {
                CheckKey(entry.Key);
            }

            int done = 0;
            if (batches)
            {
                batches = TryBatch(bpf_cmd.BPF_MAP_DELETE_BATCH, entries, withValues: false, out done);
                deleted += done;
            }

            deleted += entries.Skip(done).Count(entry => TryDelete(entry.Key));
        }

        return deleted;
    }

    /// <summary>Takes the next element out of a queue or a stack, or an entry out of a hash (BPF_MAP_LOOKUP_AND_DELETE_ELEM).</summary>
    /// <param name="key"><see cref="KeySize"/> bytes; none for a queue or a stack.</param>
    /// <param name="value">Takes <see cref="LookupSize"/> bytes.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="BpfException">The kernel refused: 524 (ENOTSUPP) where the type cannot.</exception>
    public bool TryTake(ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckKey(key);
        CheckValue(value);
        using DescriptorLease lease = new(Handle);
        fixed (byte* keyBytes = key, valueBytes = value)
        {
            bpf_attr_elem attr = new() { map_fd = (uint)lease.Descriptor, key = BpfCommands.Address(keyBytes), value = BpfCommands.Address(valueBytes) };
            int result = Syscalls.Bpf(bpf_cmd.BPF_MAP_LOOKUP_AND_DELETE_ELEM, ref attr);
            if (result == -Errno.ENOENT)
            {
                return false;
            }

            BpfCommands.ThrowIfFailed(result, $"Taking an entry out of {Describe()}");
            return true;
        }
    }

    /// <summary>
    /// Empties the map: hashes lose their entries, arrays of values become zero, arrays of programs, maps, sockets and
    /// devices lose what they refer to, queues and stacks lose their elements.
    /// </summary>
    /// <param name="cancellationToken">Stops between two calls; what is deleted by then stays deleted.</param>
    /// <returns>How many entries were deleted or set to zero.</returns>
    /// <exception cref="BpfException">EPERM: the map is frozen or read-only.</exception>
    /// <exception cref="NotSupportedException">The type cannot be emptied from user space; the message says why.</exception>
    public long Clear(CancellationToken cancellationToken = default)
    {
        switch (Type)
        {
            case BpfMapType.Array or BpfMapType.PercpuArray:
                byte[] zeros = new byte[LookupSize];
                UpdateMany(EnumerateIndexes(cancellationToken).Select(key => new MapEntry(key, zeros)));
                return MaxEntries;
            case BpfMapType.Queue or BpfMapType.Stack:
                return TakeAll(cancellationToken);
            case BpfMapType.RingBuf or BpfMapType.UserRingBuf or BpfMapType.BloomFilter or BpfMapType.Arena or BpfMapType.StructOps
                or BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage
                or BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage or BpfMapType.InsnArray:
                throw new NotSupportedException($"{Describe()} cannot be emptied from user space: {WhyNotEmptied(Type)}.");
            default:
                return DeleteAll(cancellationToken);
        }
    }

    // Kernels answer for a type without the call: 524 (ENOTSUPP), before 5.6 EINVAL.
    private static bool IsMissing(int result) => result is -Errno.ENOTSUPP or -Errno.EOPNOTSUPP or -Errno.EINVAL;

    private static string WhyNotEmptied(BpfMapType type) => type switch
    {
        BpfMapType.RingBuf or BpfMapType.UserRingBuf => "its records go when its reader reads them",
        BpfMapType.BloomFilter => "what is in a bloom filter never leaves it",
        BpfMapType.Arena => "it is memory that programs give out",
        BpfMapType.StructOps => "its value is taken away with its link",
        BpfMapType.InsnArray => "the loader of its program fills it",
        BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage => "its values go with the attachments that they belong to",
        _ => "its values lie in the sockets, files, tasks or cgroups that they belong to, and go with them; delete them one by one",
    };

    // Lookups in batches go over holes and keys that vanish only in these types. The others share generic_map_lookup_batch
    // (kernel/bpf/syscall.c), which before 6.14 ended with EINTR at a key without a value.
    private bool ListsInBatches => Type is BpfMapType.Hash or BpfMapType.PercpuHash or BpfMapType.LruHash or BpfMapType.LruPercpuHash
        or BpfMapType.Array or BpfMapType.PercpuArray;

    private int BatchCount => Math.Clamp(BatchBytes / Math.Max(1, KeySize + LookupSize), 1, MostInBatch);

    private IEnumerable<MapEntry> EnumerateNext()
    {
        byte[] value = new byte[LookupSize];
        if (TryLookup([], value))
        {
            yield return new MapEntry([], value);
        }
    }

    private IEnumerable<MapEntry> EnumerateBatches()
    {
        int count = BatchCount;
        byte[]? cursor = null;
        bool first = true;
        while (true)
        {
            byte[] next = new byte[Math.Max(KeySize, SmallestCursor)];
            byte[] keys = new byte[checked(count * KeySize)];
            byte[] values = new byte[checked((long)count * LookupSize)];
            (int result, int got) = LookUpBatch(bpf_cmd.BPF_MAP_LOOKUP_BATCH, cursor, next, keys, values, count);
            if (first && IsMissing(result))
            {
                foreach (MapEntry entry in EnumerateOneByOne())
                {
                    yield return entry;
                }

                yield break;
            }

            if (result == -Errno.ENOSPC)
            {
                // One bucket of the hash has more entries than fit; the cursor stays.
                count = checked(count * 2);
                continue;
            }

            if (result != -Errno.ENOENT)
            {
                BpfCommands.ThrowIfFailed(result, $"Listing the entries of {Describe()}");
            }

            for (int i = 0; i < got; i++)
            {
                yield return new MapEntry(keys.AsSpan(i * KeySize, KeySize).ToArray(), values.AsSpan(i * LookupSize, LookupSize).ToArray());
            }

            if (result == -Errno.ENOENT)
            {
                yield break;
            }

            first = false;
            cursor = next;
        }
    }

    private IEnumerable<MapEntry> EnumerateOneByOne()
    {
        bool blind = Type is BpfMapType.SockHash && ValueSize == sizeof(uint);
        foreach (byte[] key in EnumerateKeys())
        {
            byte[]? value = blind ? null : new byte[LookupSize];
            if (value is null || TryLookup(key, value))
            {
                yield return new MapEntry(key, value);
            }
        }
    }

    private IEnumerable<byte[]> EnumerateIndexes(CancellationToken cancellationToken)
    {
        for (uint index = 0; index < MaxEntries; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return BitConverter.GetBytes(index);
        }
    }

    private long TakeAll(CancellationToken cancellationToken)
    {
        byte[] value = new byte[LookupSize];
        long taken = 0;
        while (TryTake([], value))
        {
            taken++;
            cancellationToken.ThrowIfCancellationRequested();
        }

        return taken;
    }

    private long DeleteAll(CancellationToken cancellationToken)
    {
        long deleted = 0;
        if (Type is BpfMapType.Hash or BpfMapType.PercpuHash or BpfMapType.LruHash or BpfMapType.LruPercpuHash
            && TakeBatches(cancellationToken, out deleted))
        {
            return deleted;
        }

        foreach (byte[][] chunk in EnumerateKeys().Chunk(BatchCount))
        {
            cancellationToken.ThrowIfCancellationRequested();
            deleted += DeleteMany(chunk);
        }

        return deleted;
    }

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_BATCH until nothing is left; false where the map has no such call.</summary>
    private bool TakeBatches(CancellationToken cancellationToken, out long taken)
    {
        taken = 0;
        int count = BatchCount;
        byte[]? cursor = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] next = new byte[Math.Max(KeySize, SmallestCursor)];
            (int result, int got) = LookUpBatch(
                bpf_cmd.BPF_MAP_LOOKUP_AND_DELETE_BATCH,
                cursor,
                next,
                new byte[checked(count * KeySize)],
                new byte[checked((long)count * LookupSize)],
                count);
            if (cursor is null && IsMissing(result))
            {
                return false;
            }

            switch (result)
            {
                case -Errno.ENOSPC:
                    count = checked(count * 2);
                    continue;
                case -Errno.ENOENT:
                    taken += got;
                    return true;
                default:
                    BpfCommands.ThrowIfFailed(result, $"Emptying {Describe()}");
                    taken += got;
                    cursor = next;
                    break;
            }
        }
    }

    private (int Result, int Count) LookUpBatch(bpf_cmd command, byte[]? cursor, byte[] next, byte[] keys, byte[] values, int count)
    {
        using DescriptorLease lease = new(Handle);
        fixed (byte* inBytes = cursor, outBytes = next, keyBytes = keys, valueBytes = values)
        {
            while (true)
            {
                bpf_attr_batch attr = new()
                {
                    in_batch = BpfCommands.Address(inBytes),
                    out_batch = BpfCommands.Address(outBytes),
                    keys = BpfCommands.Address(keyBytes),
                    values = BpfCommands.Address(valueBytes),
                    count = (uint)count,
                    map_fd = (uint)lease.Descriptor,
                };
                int result = Syscalls.BpfOnce(command, ref attr);
                if (result == -Errno.EINTR)
                {
                    continue;
                }

                // The count is what was copied, except where the call did not begin.
                return (result, result is 0 or -Errno.ENOENT ? (int)Math.Min(attr.count, (uint)count) : 0);
            }
        }
    }

    /// <summary>One batch of updates or deletions.</summary>
    /// <param name="command">Which.</param>
    /// <param name="entries">What.</param>
    /// <param name="withValues">Whether the command takes values.</param>
    /// <param name="done">How many from the front are done; the caller does the rest one by one.</param>
    /// <returns>False where the map has no such call.</returns>
    private bool TryBatch(bpf_cmd command, MapEntry[] entries, bool withValues, out int done)
    {
        byte[] keys = new byte[checked(entries.Length * KeySize)];
        byte[] values = withValues ? new byte[checked((long)entries.Length * LookupSize)] : [];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i].Key.CopyTo(keys, i * KeySize);
            if (withValues)
            {
                entries[i].Value!.CopyTo(values, i * LookupSize);
            }
        }

        using DescriptorLease lease = new(Handle);
        fixed (byte* keyBytes = keys, valueBytes = values)
        {
            bpf_attr_batch attr = new()
            {
                keys = BpfCommands.Address(keyBytes),
                values = BpfCommands.Address(valueBytes),
                count = (uint)entries.Length,
                map_fd = (uint)lease.Descriptor,
            };
            int result = Syscalls.BpfOnce(command, ref attr);

            // The kernel ends at the first entry that fails and says how many were before it; it leaves the count alone
            // where it did not begin. That entry is tried again by itself: an error comes from there, with its own words.
            bool began = result >= 0 || attr.count < (uint)entries.Length;
            done = began ? (int)Math.Min(attr.count, (uint)entries.Length) : 0;
            return began || !IsMissing(result);
        }
    }
}
