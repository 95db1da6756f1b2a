namespace Sockmap.Bpf.Inspection;

/// <summary>A program in the kernel (struct bpf_prog_info and the descriptor's fdinfo), and who keeps it.</summary>
public sealed record ProgramRecord
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>The same id under the name by which others refer to programs, so that it binds by property name.</summary>
    public uint ProgId => Id;

    /// <summary>What it is.</summary>
    public BpfProgramType Type { get; init; }

    /// <summary>Its name; from its BTF where the kernel's own name is cut at 15 bytes; empty when it has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>The hash of its instructions: 16 hexadecimal digits.</summary>
    public string Tag { get; init; } = "";

    /// <summary>Whether its license let it call GPL-only helpers.</summary>
    public bool GplCompatible { get; init; }

    /// <summary>When it was loaded, in local time. The kernel keeps it as time since boot, so a changed clock moves it.</summary>
    public DateTime LoadedAt { get; init; }

    /// <summary>The user that loaded it, as the reader's user namespace sees it.</summary>
    public uint Uid { get; init; }

    /// <summary>Whether the network device that it was loaded for is gone: it cannot run any more, and the kernel tells little of it.</summary>
    public bool Orphaned { get; init; }

    /// <summary>Bytes of the program after the verifier rewrote it; 0 when the process may not see it.</summary>
    public uint BytesXlated { get; init; }

    /// <summary>Whether it was compiled to machine code.</summary>
    public bool Jited { get; init; }

    /// <summary>Bytes of machine code; 0 when it is interpreted or the process may not see it.</summary>
    public uint BytesJited { get; init; }

    /// <summary>Bytes of kernel memory that hold its instructions.</summary>
    public ulong BytesMemlock { get; init; }

    /// <summary>The ids of the maps it uses.</summary>
    public uint[] MapIds { get; init; } = [];

    /// <summary>The id of its BTF, or 0.</summary>
    public uint BtfId { get; init; }

    /// <summary>Nanoseconds spent in it while statistics were on (sysctl kernel.bpf_stats_enabled).</summary>
    public ulong RunTimeNs { get; init; }

    /// <summary>How often it ran while statistics were on.</summary>
    public ulong RunCnt { get; init; }

    /// <summary>How often it was skipped because it was running already on the same CPU.</summary>
    public ulong RecursionMisses { get; init; }

    /// <summary>How many instructions the verifier walked through (5.16 and later, else 0).</summary>
    public uint VerifiedInsns { get; init; }

    /// <summary>The id of the BTF of what it traces or replaces, or 0.</summary>
    public uint AttachBtfObjId { get; init; }

    /// <summary>The type, in that BTF, of what it traces or replaces, or 0.</summary>
    public uint AttachBtfId { get; init; }

    /// <summary>The network device that it was loaded for, or 0.</summary>
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
