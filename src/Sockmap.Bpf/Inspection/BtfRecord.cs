namespace Sockmap.Bpf.Inspection;

/// <summary>A BTF object in the kernel (struct bpf_btf_info), and who uses it.</summary>
public sealed record BtfRecord
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>The same id under the name by which others refer to BTF objects, so that it binds by property name.</summary>
    public uint BtfId => Id;

    /// <summary><c>vmlinux</c>, the module's name, or empty for one that a process loaded.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its size in bytes.</summary>
    public uint Size { get; init; }

    /// <summary>Whether it describes the kernel or a module; false when a process loaded it.</summary>
    public bool Kernel { get; init; }

    /// <summary>The ids of the programs that were loaded with it.</summary>
    public uint[] ProgIds { get; init; } = [];

    /// <summary>The ids of the maps that were created with it.</summary>
    public uint[] MapIds { get; init; } = [];

    /// <summary>The processes that have it open.</summary>
    public int[] Pids { get; init; } = [];

    /// <summary>The names of these processes, in the same order.</summary>
    public string[] Commands { get; init; } = [];
}
