namespace Sockmap.Bpf.Maps;

/// <summary>What the kernel says of a map (struct bpf_map_info and the descriptor's fdinfo).</summary>
public sealed class MapInfo
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>What it is.</summary>
    public required BpfMapType Type { get; init; }

    /// <summary>Its name: the first 15 bytes of what it was created as; empty when it has none.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of a key.</summary>
    public required int KeySize { get; init; }

    /// <summary>Bytes of a value (of one CPU's value for the per-CPU types).</summary>
    public required int ValueSize { get; init; }

    /// <summary>How many entries fit; bytes for a ring buffer.</summary>
    public required uint MaxEntries { get; init; }

    /// <summary>BPF_F_* creation flags.</summary>
    public required uint Flags { get; init; }

    /// <summary>Whether user space may no longer write (BPF_MAP_FREEZE).</summary>
    public required bool Frozen { get; init; }

    /// <summary>The id of its BTF, or 0.</summary>
    public required uint BtfId { get; init; }

    /// <summary>Type id of the key in its BTF, or 0.</summary>
    public required uint KeyTypeId { get; init; }

    /// <summary>Type id of the value in its BTF, or 0.</summary>
    public required uint ValueTypeId { get; init; }

    /// <summary>Bytes of kernel memory it takes, as the kernel reckons them.</summary>
    public required ulong MemoryLocked { get; init; }
}
