namespace Sockmap.Bpf.Inspection;

/// <summary>A program and what it is attached to.</summary>
public sealed record AttachmentRecord
{
    /// <summary>The kind of thing that it is attached to.</summary>
    public required AttachmentTarget TargetKind { get; init; }

    /// <summary>What it is attached to: a cgroup's or a namespace's path, a map's name, an interface's name, a link's target.</summary>
    public required string Target { get; init; }

    /// <summary>Where at the target; null for links that have no attach type.</summary>
    public BpfAttachType? AttachType { get; init; }

    /// <summary>The id of the program.</summary>
    public uint ProgId { get; init; }

    /// <summary>The program's type.</summary>
    public BpfProgramType? ProgType { get; init; }

    /// <summary>The program's name.</summary>
    public string ProgName { get; init; } = "";

    /// <summary>How it shares its place: <c>multi</c>, <c>override</c>, several, or empty. Cgroups.</summary>
    public string AttachFlags { get; init; } = "";

    /// <summary>Whether it is one of those that run here, wherever they are attached: the effective list. Cgroups.</summary>
    public bool Effective { get; init; }

    /// <summary>The link that attaches it; null for one that is attached without a link, or whose link cannot be told.</summary>
    public uint? LinkId { get; init; }

    /// <summary>The type of that link.</summary>
    public BpfLinkType? LinkType { get; init; }

    /// <summary>The cgroup's path.</summary>
    public string? Cgroup { get; init; }

    /// <summary>The cgroup's id.</summary>
    public ulong? CgroupId { get; init; }

    /// <summary>The map's id.</summary>
    public uint? MapId { get; init; }

    /// <summary>The network namespace's inode number.</summary>
    public uint? NetnsIno { get; init; }

    /// <summary>The interface's index.</summary>
    public uint? IfIndex { get; init; }

    /// <summary>How XDP runs: <c>driver</c>, <c>generic</c> or <c>offload</c>.</summary>
    public string? XdpMode { get; init; }

    /// <summary>For link types that are not decoded here: what the kernel tells of the link.</summary>
    public byte[]? RawInfo { get; init; }
}
