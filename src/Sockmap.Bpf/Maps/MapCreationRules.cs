using System.Numerics;

namespace Sockmap.Bpf.Maps;

/// <summary>
/// What the kernel asks of a new map, by its type (the map_alloc_check functions in kernel/bpf and net). The kernel
/// itself says only EINVAL. What depends on the machine or changes with the kernel (memory, numbers of entries) is left
/// to the kernel.
/// </summary>
public static class MapCreationRules
{
    private const int IndexSize = sizeof(uint);
    private const int DescriptorSize = sizeof(uint);
    private const int MaxStackBytes = 512;
    private const int TriePrefixSize = sizeof(uint);
    private const int LongestTriePrefix = 256;
    private const int BuildIdSize = 32;
    private const int AttachmentKeySize = 16;
    private const int InstructionValueSize = 16;
    private const int PerCpuUnit = 32 << 10;

    /// <summary>Flags that a type cannot be without: they are added, since nobody can choose otherwise.</summary>
    public static BpfMapFlags RequiredFlags(BpfMapType type) => type switch
    {
        BpfMapType.LpmTrie or BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage => BpfMapFlags.NoPrealloc,
        BpfMapType.Arena => BpfMapFlags.Mmapable,
        _ => BpfMapFlags.None,
    };

    /// <summary>The key size of a type that takes only one; null where there is a choice.</summary>
    public static int? OnlyKeySize(BpfMapType type) => type switch
    {
        BpfMapType.Queue or BpfMapType.Stack or BpfMapType.BloomFilter or BpfMapType.RingBuf or BpfMapType.UserRingBuf or BpfMapType.Arena => 0,
        BpfMapType.Array or BpfMapType.PercpuArray or BpfMapType.ProgArray or BpfMapType.PerfEventArray or BpfMapType.CgroupArray
            or BpfMapType.ArrayOfMaps or BpfMapType.SockMap or BpfMapType.DevMap or BpfMapType.DevMapHash or BpfMapType.CpuMap or BpfMapType.XskMap
            or BpfMapType.ReuseportSockArray or BpfMapType.StackTrace or BpfMapType.InsnArray
            or BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage => IndexSize,
        _ => null,
    };

    /// <summary>The value size of a type that takes only one, or of which only one makes sense; null where there is a choice.</summary>
    public static int? OnlyValueSize(BpfMapType type) => type switch
    {
        BpfMapType.RingBuf or BpfMapType.UserRingBuf or BpfMapType.Arena => 0,
        BpfMapType.ProgArray or BpfMapType.PerfEventArray or BpfMapType.CgroupArray or BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps
            or BpfMapType.XskMap => DescriptorSize,
        BpfMapType.InsnArray => InstructionValueSize,

        // With 4 the kernel refuses to tell what is in the map (sock_map_lookup_sys in net/core/sock_map.c).
        BpfMapType.SockMap or BpfMapType.SockHash => sizeof(ulong),
        _ => null,
    };

    /// <summary>Throws a clear error when the kernel is bound to refuse the map.</summary>
    /// <exception cref="MapRuleException">It is; the message has the rule and the way out.</exception>
    public static void ThrowIfBroken(MapCreateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string? fault = FindFault(request);
        if (fault is not null)
        {
            throw new MapRuleException(fault);
        }
    }

    private static string? FindFault(MapCreateRequest request) =>
        TypeFault(request) ?? KeyFault(request) ?? ValueFault(request) ?? EntriesFault(request) ?? FlagFault(request) ?? PartsFault(request);

    private static string? TypeFault(MapCreateRequest request) => request.Type switch
    {
        BpfMapType.Unspec => "Unspec is no type of map; choose one, such as Hash or SockHash.",
        BpfMapType.StructOps => "A StructOps map holds a table of programs for the kernel and is made of an object file with a section .struct_ops, "
            + "whose programs fill it; it cannot be created by itself. Load the object with Import-BpfObject.",
        _ => null,
    };

    private static string? KeyFault(MapCreateRequest request)
    {
        int size = request.KeySize;
        switch (request.Type)
        {
            case BpfMapType.SockMap when size != IndexSize:
                return $"A SockMap has keys of 4 bytes, an index from 0 to the number of entries less 1; {size} were asked for. Use SockHash for keys of another size.";
            case BpfMapType.SockHash when size is < 1 or > MaxStackBytes:
                return $"A SockHash has keys of 1 to {MaxStackBytes} bytes; {size} were asked for.";
            case BpfMapType.LpmTrie when size is <= TriePrefixSize or > TriePrefixSize + LongestTriePrefix:
                return $"An LpmTrie has keys of {TriePrefixSize + 1} to {TriePrefixSize + LongestTriePrefix} bytes: 4 for the length of the prefix in bits, and the prefix; {size} were asked for.";
            case BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage when size is not (sizeof(ulong) or AttachmentKeySize):
                return $"A {request.Type} has keys of 8 bytes (the cgroup's id) or of 16 (struct bpf_cgroup_storage_key); {size} were asked for.";
            default:
                break;
        }

        if (OnlyKeySize(request.Type) is { } only)
        {
            string reason = request.Type switch
            {
                BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage => "keys of 4 bytes, a file descriptor",
                _ when only == 0 => "no keys",
                BpfMapType.DevMapHash => "keys of 4 bytes",
                _ => "keys of 4 bytes, an index",
            };
            return size == only ? null : $"A {request.Type} has {reason}; {size} bytes were asked for. Use -KeySize {only}, or leave it out.";
        }

        return size >= 1 ? null : $"A {request.Type} has keys of at least 1 byte; {size} were asked for. Give -KeySize.";
    }

    private static string? ValueFault(MapCreateRequest request)
    {
        int size = request.ValueSize;
        switch (request.Type)
        {
            case BpfMapType.SockMap or BpfMapType.SockHash:
                return size is sizeof(uint) or sizeof(ulong)
                    ? null
                    : $"A {request.Type} has values of 4 or 8 bytes; {size} were asked for. Use 8: a lookup from user space then gives the socket's cookie, while with 4 the kernel refuses to tell what is in the map (ENOSPC).";
            case BpfMapType.DevMap or BpfMapType.DevMapHash:
                return size is sizeof(uint) or sizeof(ulong) ? null : $"A {request.Type} has values of 4 bytes (the device's index) or 8 (struct bpf_devmap_val, with a program); {size} were asked for.";
            case BpfMapType.CpuMap:
                return size is sizeof(uint) or sizeof(ulong) ? null : $"A CpuMap has values of 4 bytes (the length of the queue) or 8 (struct bpf_cpumap_val, with a program); {size} were asked for.";
            case BpfMapType.ReuseportSockArray:
                return size is sizeof(uint) or sizeof(ulong) ? null : $"A ReuseportSockArray has values of 4 bytes, or 8, with which a lookup gives the socket's cookie; {size} were asked for.";
            case BpfMapType.StackTrace:
                int unit = ((BpfMapFlags)request.Flags).HasFlag(BpfMapFlags.StackBuildId) ? BuildIdSize : sizeof(ulong);
                return size >= unit && size % unit == 0 ? null : $"A StackTrace has values of {unit} bytes for each frame, so a multiple of {unit}; {size} were asked for.";
            case BpfMapType.PercpuArray or BpfMapType.PercpuHash or BpfMapType.LruPercpuHash or BpfMapType.PercpuCgroupStorage when size > PerCpuUnit:
                return $"A {request.Type} has values of at most {PerCpuUnit} bytes a CPU; {size} were asked for.";
            default:
                break;
        }

        if (OnlyValueSize(request.Type) is { } only)
        {
            string reason = request.Type switch
            {
                _ when only == 0 => "no values of a fixed size",
                BpfMapType.InsnArray => "values of 16 bytes (struct bpf_insn_array_value)",
                BpfMapType.ProgArray => "values of 4 bytes, a program's descriptor",
                BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps => "values of 4 bytes, a map's descriptor",
                _ => "values of 4 bytes, a descriptor",
            };
            return size == only ? null : $"A {request.Type} has {reason}; {size} bytes were asked for. Use -ValueSize {only}, or leave it out.";
        }

        return size >= 1 ? null : $"A {request.Type} has values of at least 1 byte; {size} were asked for. Give -ValueSize.";
    }

    private static string? EntriesFault(MapCreateRequest request)
    {
        uint entries = request.MaxEntries;
        switch (request.Type)
        {
            case BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage
                or BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage:
                return entries == 0 ? null : $"A {request.Type} has as many values as there are owners, so its number of entries is 0; {entries} were asked for. Leave -MaxEntries out.";
            case BpfMapType.RingBuf or BpfMapType.UserRingBuf:
                uint page = (uint)Environment.SystemPageSize;
                return entries >= page && BitOperations.IsPow2(entries)
                    ? null
                    : $"The number of entries of a {request.Type} is its size in bytes, a power of two of at least one page ({page}); {entries} were asked for.";
            case BpfMapType.Arena:
                return entries > 0 ? null : "The number of entries of an Arena is its size in pages, at least 1. Give -MaxEntries.";
            default:
                return entries > 0 ? null : $"A {request.Type} has room for at least 1 entry. Give -MaxEntries.";
        }
    }

    private static string? FlagFault(MapCreateRequest request)
    {
        BpfMapFlags flags = (BpfMapFlags)request.Flags;
        BpfMapFlags missing = RequiredFlags(request.Type) & ~flags;
        if (missing != BpfMapFlags.None)
        {
            return $"A {request.Type} must have the flag {missing}.";
        }

        const BpfMapFlags OneWay = BpfMapFlags.RdonlyProg | BpfMapFlags.WronlyProg;
        if ((flags & OneWay) == OneWay)
        {
            return "A map that programs can neither read nor write is refused: give RdonlyProg or WronlyProg, not both.";
        }

        return request.Type switch
        {
            BpfMapType.LruHash or BpfMapType.LruPercpuHash when flags.HasFlag(BpfMapFlags.NoPrealloc) =>
                $"A {request.Type} takes all its memory when it is created; leave the flag NoPrealloc out.",
            BpfMapType.Array or BpfMapType.PercpuArray or BpfMapType.SockMap or BpfMapType.SockHash when flags.HasFlag(BpfMapFlags.NoPrealloc) =>
                $"A {request.Type} does not know the flag NoPrealloc; leave it out.",
            BpfMapType.Hash or BpfMapType.PercpuHash when flags.HasFlag(BpfMapFlags.NoCommonLru) =>
                $"A {request.Type} forgets nothing; the flag NoCommonLru is for LruHash and LruPercpuHash.",
            _ => null,
        };
    }

    private static string? PartsFault(MapCreateRequest request)
    {
        bool ofMaps = request.Type is BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps;
        return (ofMaps, request.InnerMap) switch
        {
            (true, null) => $"A {request.Type} needs a map to take after: every map put into it must be like that one. Give -InnerMap.",
            (true, { Type: BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps } inner) => $"A {request.Type} cannot hold maps of maps, and {inner} is one.",
            (false, not null) => $"A {request.Type} holds no maps; -InnerMap is for ArrayOfMaps and HashOfMaps.",
            _ when request.Type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage && request.Btf is null =>
                $"A {request.Type} must have BTF for its key and value (bpf_local_storage_map_alloc_check).",
            _ => null,
        };
    }
}
