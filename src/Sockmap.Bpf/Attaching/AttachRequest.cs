using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Attaching;

/// <summary>What to attach, where and how.</summary>
public sealed record AttachRequest
{
    /// <summary>The program.</summary>
    public required BpfProgram Program { get; init; }

    /// <summary>What it is attached to.</summary>
    public required AttachPoint Point { get; init; }

    /// <summary>Where at it; may be null when the program's type, or the kernel by trying, leaves one choice only.</summary>
    public BpfAttachType? AttachType { get; init; }

    /// <summary>
    /// Where on a bpffs the link is pinned. A link lives only while it is pinned or a process holds it, and nobody holds this one, so it is
    /// needed unless <see cref="WithoutLink"/>.
    /// </summary>
    public string? PinPath { get; init; }

    /// <summary>Attach by BPF_PROG_ATTACH, XDP by netlink: it stays until it is detached or its target goes.</summary>
    public bool WithoutLink { get; init; }

    /// <summary>How it shares a cgroup with others; null is beside others, which is all that links can. Cgroups without a link.</summary>
    public ProgramAttachFlags? Flags { get; init; }

    /// <summary>Put it in the place of the program that is there: of the link that is pinned at <see cref="PinPath"/>, or of what was attached without a link.</summary>
    public bool Replace { get; init; }

    /// <summary>The program that must be there now; where it is null, the only one that is there. With <see cref="Replace"/>.</summary>
    public uint? ReplaceProgramId { get; init; }

    /// <summary>How XDP runs.</summary>
    public XdpMode XdpMode { get; init; }

    /// <summary>Takes a line about each step.</summary>
    public Action<string>? Log { get; init; }
}
