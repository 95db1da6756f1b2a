using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Maps;

/// <summary>All that BPF_MAP_CREATE takes.</summary>
public sealed class MapCreateRequest
{
    /// <summary>The map's name. The kernel keeps 15 bytes; a character that it does not allow becomes '_'.</summary>
    public string? Name { get; init; }

    /// <summary>What the map is.</summary>
    public required BpfMapType Type { get; init; }

    /// <summary>Bytes of a key.</summary>
    public int KeySize { get; init; }

    /// <summary>Bytes of a value (of one CPU's value for the per-CPU types).</summary>
    public int ValueSize { get; init; }

    /// <summary>How many entries fit; bytes for a ring buffer (a power of two and a multiple of the page size); 0 for SK_STORAGE.</summary>
    public uint MaxEntries { get; init; }

    /// <summary>BPF_F_* creation flags of include/uapi/linux/bpf.h, such as BPF_F_NO_PREALLOC (1).</summary>
    public uint Flags { get; init; }

    /// <summary>The BTF that <see cref="KeyTypeId"/> and <see cref="ValueTypeId"/> refer to. SK_STORAGE must have one.</summary>
    public BtfObject? Btf { get; init; }

    /// <summary>Type id of the key in <see cref="Btf"/>, or 0.</summary>
    public uint KeyTypeId { get; init; }

    /// <summary>Type id of the value in <see cref="Btf"/>, or 0.</summary>
    public uint ValueTypeId { get; init; }

    /// <summary>Type id, in the kernel's BTF, of the value of a struct_ops map, or 0. <see cref="Btf"/> must be there too.</summary>
    public uint KernelValueTypeId { get; init; }

    /// <summary>The NUMA node to take memory from; null for any.</summary>
    public uint? NumaNode { get; init; }

    /// <summary>A number that only some types know, such as the hash functions of a bloom filter.</summary>
    public ulong MapExtra { get; init; }

    /// <summary>A map like those that an array or hash of maps will hold.</summary>
    public BpfMap? InnerMap { get; init; }
}
