using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Maps;

/// <summary>A map in the kernel. It lives while a descriptor, a pin or a program refers to it.</summary>
public sealed unsafe partial class BpfMap : IDisposable
{
    private const int ExtraSteps = 1024;

    private BpfMap(SafeBpfHandle handle)
    {
        Handle = handle;
        bpf_map_info info = default;
        BpfCommands.GetInfo(handle, ref info, "a map");
        Type = (BpfMapType)info.type;
        KeySize = (int)info.key_size;
        ValueSize = (int)info.value_size;
        MaxEntries = info.max_entries;
        Name = info.name.ToString();
        LookupSize = GetLookupSize(Type, ValueSize);
    }

    /// <summary>The descriptor.</summary>
    public SafeBpfHandle Handle { get; }

    /// <summary>What the map is.</summary>
    public BpfMapType Type { get; }

    /// <summary>The name that the kernel keeps; empty when it has none.</summary>
    public string Name { get; }

    /// <summary>Bytes of a key; 0 for queues, stacks, bloom filters and ring buffers.</summary>
    public int KeySize { get; }

    /// <summary>Bytes of a value (of one CPU's value for the per-CPU types).</summary>
    public int ValueSize { get; }

    /// <summary>How many entries fit; bytes for a ring buffer.</summary>
    public uint MaxEntries { get; }

    /// <summary>
    /// Bytes that one lookup gives and one update takes: <see cref="ValueSize"/>, or for the per-CPU types
    /// <see cref="ValueSize"/> rounded up to 8, for every possible CPU.
    /// </summary>
    public int LookupSize { get; }

    /// <summary>Whether the map holds one value per CPU.</summary>
    public bool IsPerCpu => IsPerCpuType(Type);

    /// <summary>Creates a map (BPF_MAP_CREATE). Needs CAP_BPF for most types, and CAP_NET_ADMIN for sockmaps.</summary>
    /// <exception cref="BpfException">The kernel refused: EPERM, EINVAL for sizes or flags that the type does not allow, E2BIG, ENOMEM.</exception>
    /// <exception cref="ArgumentException">A size is negative.</exception>
    public static BpfMap Create(MapCreateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        int result = CreateOnce(request, named: true);
        if (result is -Errno.EINVAL or -Errno.E2BIG && !string.IsNullOrEmpty(request.Name))
        {
            // Kernels before 4.15 know no names. When the name was not what it disliked, the first answer stands.
            int unnamed = CreateOnce(request, named: false);
            result = unnamed >= 0 ? unnamed : result;
        }

        string operation = string.Create(
            CultureInfo.InvariantCulture,
            $"Creating {request.Type} map '{request.Name}' (key {request.KeySize} bytes, value {request.ValueSize} bytes, {request.MaxEntries} entries)");
        return Wrap(SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(result, operation)));
    }

    /// <summary>Opens a pinned map.</summary>
    /// <param name="path">The pin, on a bpffs.</param>
    /// <param name="readOnly">Open it so that it cannot be changed, which read permission on the pin is enough for.</param>
    /// <exception cref="BpfException">There is no such pin (ENOENT), or the process may not open it (EACCES).</exception>
    /// <exception cref="InvalidDataException">Something else than a map is pinned there.</exception>
    public static BpfMap OpenPinned(string path, bool readOnly = false) =>
        Wrap(BpfObjectKinds.Require(BpfCommands.OpenPinned(path, "map", readOnly ? Constants.BPF_F_RDONLY : 0), BpfObjectKind.Map, path));

    /// <summary>Opens a map by its id. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is none (ENOENT), or the process may not (EPERM).</exception>
    public static BpfMap OpenById(uint id) => Wrap(BpfCommands.OpenById(bpf_cmd.BPF_MAP_GET_FD_BY_ID, id, "map"));

    /// <summary>The ids of all maps, in rising order. Needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">The process may not (EPERM); thrown while enumerating.</exception>
    public static IEnumerable<uint> EnumerateIds() => BpfCommands.EnumerateIds(bpf_cmd.BPF_MAP_GET_NEXT_ID, "maps");

    /// <summary>Pins the map at a path on a bpffs.</summary>
    /// <exception cref="BpfException">EEXIST: something is there; EPERM: the path is not on a bpffs; ENOENT: its folder does not exist.</exception>
    public void Pin(string path) => BpfCommands.Pin(Handle, path, Describe());

    /// <summary>What the kernel says of this map.</summary>
    public MapInfo GetInfo()
    {
        bpf_map_info info = default;
        BpfCommands.GetInfo(Handle, ref info, Describe());
        (bool frozen, ulong memory) = ReadFdInfo();
        return new MapInfo
        {
            Id = info.id,
            Type = (BpfMapType)info.type,
            Name = info.name.ToString(),
            KeySize = (int)info.key_size,
            ValueSize = (int)info.value_size,
            MaxEntries = info.max_entries,
            Flags = info.map_flags,
            Frozen = frozen,
            BtfId = info.btf_id,
            KeyTypeId = info.btf_key_type_id,
            ValueTypeId = info.btf_value_type_id,
            MemoryLocked = memory,
        };
    }

    /// <summary>Reads the value of a key.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="value">Takes <see cref="LookupSize"/> bytes.</param>
    /// <returns>False when the key is not there.</returns>
    /// <exception cref="BpfException">The kernel refused: EPERM for a write-only descriptor, EOPNOTSUPP where the type cannot be read, ENOSPC for a sockmap with 4-byte values.</exception>
    /// <exception cref="ArgumentException">Key or value has another size.</exception>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckKey(key);
        CheckValue(value);
        using DescriptorLease lease = new(Handle);
        fixed (byte* keyBytes = key, valueBytes = value)
        {
            bpf_attr_elem attr = new() { map_fd = (uint)lease.Descriptor, key = BpfCommands.Address(keyBytes), value = BpfCommands.Address(valueBytes) };
            int result = Syscalls.Bpf(bpf_cmd.BPF_MAP_LOOKUP_ELEM, ref attr);
            if (result == -Errno.ENOENT)
            {
                return false;
            }

            BpfCommands.ThrowIfFailed(result, $"Reading an entry of {Describe()}");
            return true;
        }
    }

    /// <summary>Reads the value of a key as a structure.</summary>
    /// <returns>False when the key is not there.</returns>
    /// <exception cref="ArgumentException">A structure's size is not that of the map's key or value.</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public bool TryLookup<TKey, TValue>(in TKey key, out TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        Unsafe.SkipInit(out value);
        bool found = TryLookup(AsBytes(in key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
        if (!found)
        {
            value = default;
        }

        return found;
    }

    /// <summary>Reads a per-CPU value.</summary>
    /// <returns>One value of <see cref="ValueSize"/> bytes for every possible CPU, or null when the key is not there.</returns>
    /// <exception cref="InvalidOperationException">The map does not hold one value per CPU.</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public byte[][]? LookupPerCpu(ReadOnlySpan<byte> key)
    {
        if (!IsPerCpu)
        {
            throw new InvalidOperationException($"{Describe()} holds one value per key, not one per CPU: use TryLookup.");
        }

        byte[] all = new byte[LookupSize];
        if (!TryLookup(key, all))
        {
            return null;
        }

        int stride = RoundUp(ValueSize);
        byte[][] values = new byte[all.Length / stride][];
        for (int cpu = 0; cpu < values.Length; cpu++)
        {
            values[cpu] = all.AsSpan(cpu * stride, ValueSize).ToArray();
        }

        return values;
    }

    /// <summary>Writes a value.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="value"><see cref="LookupSize"/> bytes.</param>
    /// <param name="flags">Whether the key must or must not exist.</param>
    /// <exception cref="BpfException">EEXIST or ENOENT for the flags, E2BIG when the map is full, EPERM when it is frozen or read-only.</exception>
    /// <exception cref="ArgumentException">Key or value has another size.</exception>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, BpfMapUpdateFlags flags = BpfMapUpdateFlags.Any)
    {
        CheckKey(key);
        CheckValue(value);
        using DescriptorLease lease = new(Handle);
        fixed (byte* keyBytes = key, valueBytes = value)
        {
            bpf_attr_elem attr = new()
            {
                map_fd = (uint)lease.Descriptor,
                key = BpfCommands.Address(keyBytes),
                value = BpfCommands.Address(valueBytes),
                flags = (ulong)flags,
            };
            BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_MAP_UPDATE_ELEM, ref attr), $"Writing an entry of {Describe()}");
        }
    }

    /// <summary>Writes a value from structures.</summary>
    /// <exception cref="ArgumentException">A structure's size is not that of the map's key or value.</exception>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void Update<TKey, TValue>(in TKey key, in TValue value, BpfMapUpdateFlags flags = BpfMapUpdateFlags.Any)
        where TKey : unmanaged
        where TValue : unmanaged
        => Update(AsBytes(in key), AsBytes(in value), flags);

    /// <summary>
    /// Writes a descriptor as the value: a socket into a sockmap (of 4 or 8 byte values), a program into a program array, a map into a map of maps.
    /// </summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="descriptor">The socket, program or map; the map keeps it alive by itself from then on, except a socket.</param>
    /// <param name="flags">Whether the key must or must not exist.</param>
    /// <exception cref="BpfException">For sockets (net/core/sock_map.c): ENOTSUPP: not established or listening, or MPTCP; EBUSY: it is in another sockmap with such a program; E2BIG: the map is full; EEXIST or ENOENT for the flags.</exception>
    public void UpdateDescriptor(ReadOnlySpan<byte> key, SafeHandle descriptor, BpfMapUpdateFlags flags = BpfMapUpdateFlags.Any)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (ValueSize is not (sizeof(uint) or sizeof(ulong)))
        {
            throw new InvalidOperationException($"{Describe()} has values of {ValueSize} bytes, so they are no file descriptors.");
        }

        using DescriptorLease lease = new(descriptor);
        ulong value = (ulong)lease.Descriptor;
        Update(key, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value))[..ValueSize], flags);
    }

    /// <summary>Deletes a key.</summary>
    /// <returns>False when it was not there.</returns>
    /// <exception cref="BpfException">EINVAL where the type does not delete (arrays), EPERM when the map is frozen or read-only.</exception>
    /// <exception cref="ArgumentException">The key has another size.</exception>
    public bool TryDelete(ReadOnlySpan<byte> key)
    {
        CheckKey(key);
        using DescriptorLease lease = new(Handle);
        fixed (byte* keyBytes = key)
        {
            bpf_attr_elem attr = new() { map_fd = (uint)lease.Descriptor, key = BpfCommands.Address(keyBytes) };
            int result = Syscalls.Bpf(bpf_cmd.BPF_MAP_DELETE_ELEM, ref attr);

            // A sockmap says EINVAL for an empty index (sock_map_delete_elem in net/core/sock_map.c).
            if (result == -Errno.ENOENT || (result == -Errno.EINVAL && Type == BpfMapType.SockMap))
            {
                return false;
            }

            BpfCommands.ThrowIfFailed(result, $"Deleting an entry of {Describe()}");
            return true;
        }
    }

    /// <summary>Deletes a key given as a structure.</summary>
    /// <returns>False when it was not there.</returns>
    public bool TryDelete<TKey>(in TKey key)
        where TKey : unmanaged
        => TryDelete(AsBytes(in key));

    /// <summary>Deletes a key that must be there.</summary>
    /// <exception cref="BpfException">ENOENT when it is not there; else as <see cref="TryDelete(ReadOnlySpan{byte})"/>.</exception>
    public void Delete(ReadOnlySpan<byte> key)
    {
        if (!TryDelete(key))
        {
            throw new BpfException($"Deleting an entry of {Describe()}", Errno.ENOENT);
        }
    }

    /// <summary>
    /// The keys, one after the other while the map may change. Every key that is there all the time is given exactly once;
    /// keys that come or go meanwhile are given or not. The caller may delete the key it was just given.
    /// </summary>
    /// <remarks>
    /// When the key that was read last is gone, a hash starts again from its first key (htab_map_get_next_key, sock_hash_get_next_key),
    /// so keys that were given before are remembered and left out.
    /// </remarks>
    /// <exception cref="BpfException">
    /// EOPNOTSUPP where keys cannot be listed, ring buffers and socket storage among them; EAGAIN when the map changed so fast that no end was reached.
    /// </exception>
    public IEnumerable<byte[]> EnumerateKeys()
    {
        byte[]? key = GetNextKey(null);
        HashSet<byte[]>? given = IsIndexed ? null : new(ByteArrayComparer.Instance);
        long steps = (3L * MaxEntries) + ExtraSteps;
        while (key is not null)
        {
            if (--steps < 0)
            {
                throw new BpfException($"Listing the keys of {Describe()}, which changed faster than it could be read", Errno.EAGAIN);
            }

            // Ask for the next one first, so that the caller may delete the one it gets.
            byte[]? next = GetNextKey(key);
            if (given is null || given.Add(key))
            {
                yield return (byte[])key.Clone();
            }

            key = next;
        }
    }

    /// <summary>The keys as structures, see <see cref="EnumerateKeys()"/>.</summary>
    /// <exception cref="InvalidOperationException">The structure's size is not that of the map's key.</exception>
    public IEnumerable<TKey> EnumerateKeys<TKey>()
        where TKey : unmanaged
    {
        if (Unsafe.SizeOf<TKey>() != KeySize)
        {
            throw new InvalidOperationException($"{typeof(TKey).Name} has {Unsafe.SizeOf<TKey>()} bytes; a key of {Describe()} has {KeySize}.");
        }

        return EnumerateKeys().Select(static key => MemoryMarshal.Read<TKey>(key));
    }

    /// <summary>Takes the right to write from user space, for good (BPF_MAP_FREEZE, 5.2).</summary>
    /// <exception cref="BpfException">EPERM or EBUSY: it is frozen already; EBUSY: it is mapped for writing.</exception>
    public void Freeze()
    {
        using DescriptorLease lease = new(Handle);
        bpf_attr_elem attr = new() { map_fd = (uint)lease.Descriptor };
        BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_MAP_FREEZE, ref attr), $"Freezing {Describe()}");
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    /// <inheritdoc/>
    public override string ToString() => Describe();

    /// <summary>One BPF_MAP_CREATE; gives a descriptor or the negative error number.</summary>
    internal static int CreateOnce(MapCreateRequest request, bool named)
    {
        if (request.KeySize < 0 || request.ValueSize < 0)
        {
            throw new ArgumentException($"Map '{request.Name}' cannot have keys of {request.KeySize} and values of {request.ValueSize} bytes.", nameof(request));
        }

        using DescriptorLease btf = new(request.Btf?.Handle);
        using DescriptorLease inner = new(request.InnerMap?.Handle);
        bpf_attr_map_create attr = new()
        {
            map_type = (uint)request.Type,
            key_size = (uint)request.KeySize,
            value_size = (uint)request.ValueSize,
            max_entries = request.MaxEntries,
            map_flags = request.Flags | (request.NumaNode is null ? 0 : Constants.BPF_F_NUMA_NODE),
            inner_map_fd = (uint)inner.Descriptor,
            numa_node = request.NumaNode ?? 0,
            map_name = bpf_name.From(named ? request.Name : null),
            btf_fd = (uint)btf.Descriptor,
            btf_key_type_id = request.KeyTypeId,
            btf_value_type_id = request.ValueTypeId,
            btf_vmlinux_value_type_id = request.KernelValueTypeId,
            map_extra = request.MapExtra,
        };
        return Syscalls.Bpf(bpf_cmd.BPF_MAP_CREATE, ref attr);
    }

    // Arrays list indexes from 0 up and never go back.
    private bool IsIndexed => Type is BpfMapType.Array or BpfMapType.PercpuArray or BpfMapType.ProgArray or BpfMapType.PerfEventArray
        or BpfMapType.CgroupArray or BpfMapType.ArrayOfMaps or BpfMapType.SockMap or BpfMapType.DevMap or BpfMapType.CpuMap
        or BpfMapType.XskMap or BpfMapType.ReuseportSockArray;

    private static BpfMap Wrap(SafeBpfHandle handle)
    {
        try
        {
            return new BpfMap(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static bool IsPerCpuType(BpfMapType type) => type is BpfMapType.PercpuHash or BpfMapType.PercpuArray
        or BpfMapType.LruPercpuHash or BpfMapType.PercpuCgroupStorage;

    private static int RoundUp(int size) => (size + 7) & ~7;

    // bpf_map_value_size in kernel/bpf/syscall.c: the kernel writes that many bytes whatever the caller has room for.
    private static int GetLookupSize(BpfMapType type, int valueSize) =>
        IsPerCpuType(type) ? checked(RoundUp(valueSize) * PossibleCpus.Count()) : valueSize;

    private static ReadOnlySpan<byte> AsBytes<T>(in T value)
        where T : unmanaged
        => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));

    private string Describe() => Name.Length == 0 ? $"{Type} map" : $"{Type} map '{Name}'";

    private void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
        {
            throw new ArgumentException($"The key has {key.Length} bytes; {Describe()} has keys of {KeySize} bytes.", nameof(key));
        }
    }

    private void CheckValue(ReadOnlySpan<byte> value)
    {
        if (value.Length != LookupSize)
        {
            string perCpu = IsPerCpu ? $" ({ValueSize} rounded up to 8, for every possible CPU)" : "";
            throw new ArgumentException($"The value has {value.Length} bytes; {Describe()} has values of {LookupSize} bytes{perCpu}.", nameof(value));
        }
    }

    private byte[]? GetNextKey(byte[]? key)
    {
        byte[] next = new byte[KeySize];
        using DescriptorLease lease = new(Handle);
        fixed (byte* keyBytes = key, nextBytes = next)
        {
            bpf_attr_elem attr = new() { map_fd = (uint)lease.Descriptor, key = BpfCommands.Address(keyBytes), next_key = BpfCommands.Address(nextBytes) };
            int result = Syscalls.Bpf(bpf_cmd.BPF_MAP_GET_NEXT_KEY, ref attr);
            if (result == -Errno.ENOENT)
            {
                return null;
            }

            BpfCommands.ThrowIfFailed(result, $"Listing the keys of {Describe()}");
            return next;
        }
    }

    private (bool Frozen, ulong Memory) ReadFdInfo()
    {
        using DescriptorLease lease = new(Handle);
        bool frozen = false;
        ulong memory = 0;
        foreach (string line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{lease.Descriptor}")))
        {
            string[] parts = line.Split(':', 2, StringSplitOptions.TrimEntries);
            switch (parts[0])
            {
                case "frozen":
                    frozen = !string.Equals(parts[^1], "0", StringComparison.Ordinal);
                    break;
                case "memlock":
                    memory = ulong.Parse(parts[^1], CultureInfo.InvariantCulture);
                    break;
                default:
                    break;
            }
        }

        return (frozen, memory);
    }
}
