namespace Sockmap.Bpf.Programs;

/// <summary>What the kernel says of a program (struct bpf_prog_info).</summary>
public sealed class ProgramInfo
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>What it is.</summary>
    public required BpfProgramType Type { get; init; }

    /// <summary>Its name: the first 15 bytes of what it was loaded as; empty when it has none.</summary>
    public required string Name { get; init; }

    /// <summary>The hash of its instructions: 16 hexadecimal digits.</summary>
    public required string Tag { get; init; }

    /// <summary>When it was loaded, in local time. The kernel keeps it as time since boot, so a changed clock moves it.</summary>
    public required DateTime LoadTime { get; init; }

    /// <summary>The user that loaded it, as the reader's user namespace sees it.</summary>
    public required uint UserId { get; init; }

    /// <summary>The ids of the maps it uses.</summary>
    public required IReadOnlyList<uint> MapIds { get; init; }

    /// <summary>The id of its BTF, or 0.</summary>
    public required uint BtfId { get; init; }

    /// <summary>Nanoseconds spent in it while statistics were on (sysctl kernel.bpf_stats_enabled).</summary>
    public required ulong RunTimeNs { get; init; }

    /// <summary>How often it ran while statistics were on.</summary>
    public required ulong RunCount { get; init; }

    /// <summary>How often it was skipped because it was running already on the same CPU.</summary>
    public required ulong RecursionMisses { get; init; }

    /// <summary>How many instructions the verifier walked through (5.16 and later, else 0).</summary>
    public required uint VerifiedInstructions { get; init; }

    /// <summary>Bytes of the program after the verifier rewrote it; 0 when the process may not see it.</summary>
    public required uint XlatedSize { get; init; }

    /// <summary>Bytes of machine code; 0 when it is interpreted or the process may not see it.</summary>
    public required uint JitedSize { get; init; }

    /// <summary>Whether its license let it call GPL-only helpers.</summary>
    public required bool GplCompatible { get; init; }
}
