namespace Sockmap.Bpf.Programs;

/// <summary>What the kernel says of a BTF object (struct bpf_btf_info).</summary>
public sealed class BtfObjectInfo
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required uint Size { get; init; }

    /// <summary>Whether it describes the kernel or a module; false when a process loaded it.</summary>
    public required bool IsKernel { get; init; }

    /// <summary><c>vmlinux</c>, the module's name, or empty for one that a process loaded.</summary>
    public required string Name { get; init; }
}
