namespace Sockmap.Bpf.Links;

/// <summary>What the kernel says of a link (struct bpf_link_info). What does not apply to its type is null.</summary>
public sealed class LinkInfo
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>What it binds its program to.</summary>
    public required BpfLinkType Type { get; init; }

    /// <summary>The id of its program; 0 when it has none.</summary>
    public required uint ProgramId { get; init; }

    /// <summary>Where its program is attached: cgroup, sockmap, netns, tracing, tcx and netkit links.</summary>
    public BpfAttachType? AttachType { get; init; }

    /// <summary>The id of the cgroup; 0 once the link is detached or the cgroup is gone. Cgroup links.</summary>
    public ulong? CgroupId { get; init; }

    /// <summary>The id of the map; 0 once a sockmap link is detached. Sockmap links, iterators over a map.</summary>
    public uint? MapId { get; init; }

    /// <summary>What is iterated (<c>sockmap</c>, <c>task_file</c>), or the raw tracepoint.</summary>
    public string? TargetName { get; init; }

    /// <summary>The inode number of the network namespace. Netns links.</summary>
    public uint? NetworkNamespaceInode { get; init; }

    /// <summary>The index of the network interface; 0 once it is gone. Xdp, tcx and netkit links.</summary>
    public uint? InterfaceIndex { get; init; }
}
