namespace Sockmap.Bpf.Inspection;

/// <summary>A map in the kernel (struct bpf_map_info and the descriptor's fdinfo), and who keeps it.</summary>
public sealed record MapRecord
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>The same id under the name by which others refer to maps, so that it binds by property name.</summary>
    public uint MapId => Id;

    /// <summary>What it is.</summary>
    public BpfMapType Type { get; init; }

    /// <summary>Its name: the first 15 bytes of what it was created as; empty when it has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>BPF_F_* flags that it was created with.</summary>
    public uint Flags { get; init; }

    /// <summary>Bytes of a key.</summary>
    public uint BytesKey { get; init; }

    /// <summary>Bytes of a value (of one CPU's value for the per-CPU types).</summary>
    public uint BytesValue { get; init; }

    /// <summary>How many entries fit; bytes for a ring buffer.</summary>
    public uint MaxEntries { get; init; }

    /// <summary>Bytes of kernel memory that it takes, as the kernel reckons them.</summary>
    public ulong BytesMemlock { get; init; }

    /// <summary>Whether user space may no longer write (BPF_MAP_FREEZE).</summary>
    public bool Frozen { get; init; }

    /// <summary>The id of its BTF, or 0.</summary>
    public uint BtfId { get; init; }

    /// <summary>Type id of the key in its BTF, or 0.</summary>
    public uint BtfKeyTypeId { get; init; }

    /// <summary>Type id of the value in its BTF, or 0.</summary>
    public uint BtfValueTypeId { get; init; }

    /// <summary>Type id, in the kernel's BTF, of the structure that a struct_ops map fills, or 0.</summary>
    public uint BtfVmlinuxValueTypeId { get; init; }

    /// <summary>What its type makes of it: a bloom filter's number of hashes; else 0.</summary>
    public ulong MapExtra { get; init; }

    /// <summary>The type of the programs that a program array takes, once it took one.</summary>
    public BpfProgramType? OwnerProgType { get; init; }

    /// <summary>Whether the programs that a program array takes are machine code, once it took one.</summary>
    public bool? OwnerJited { get; init; }

    /// <summary>The network device that it was created for, or 0.</summary>
    public uint IfIndex { get; init; }

    /// <summary>The network namespace (inode number) of that device, or 0.</summary>
    public ulong NetnsIno { get; init; }

    /// <summary>Where it is pinned, on every bpffs that the process sees.</summary>
    public string[] Pinned { get; init; } = [];

    /// <summary>The processes that have it open.</summary>
    public int[] Pids { get; init; } = [];

    /// <summary>The names of these processes, in the same order.</summary>
    public string[] Commands { get; init; } = [];
}
