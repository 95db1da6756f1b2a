namespace Sockmap.Bpf.Inspection;

/// <summary>A link in the kernel (struct bpf_link_info), and who keeps it. What does not apply to its type is null.</summary>
public sealed record LinkRecord
{
    /// <summary>Its id.</summary>
    public required uint Id { get; init; }

    /// <summary>The same id under the name by which others refer to links, so that it binds by property name.</summary>
    public uint LinkId => Id;

    /// <summary>What it binds its program to; a number for a type that this version does not know.</summary>
    public BpfLinkType Type { get; init; }

    /// <summary>The id of its program; 0 when it has none.</summary>
    public uint ProgId { get; init; }

    /// <summary>The type of its program.</summary>
    public BpfProgramType? ProgType { get; init; }

    /// <summary>The name of its program.</summary>
    public string ProgName { get; init; } = "";

    /// <summary>Where its program is attached: cgroup, sockmap, netns, tracing, tcx and netkit links.</summary>
    public BpfAttachType? AttachType { get; init; }

    /// <summary>The id of the cgroup; 0 once the link is detached or the cgroup is gone. Cgroup links, iterators over cgroups.</summary>
    public ulong? CgroupId { get; init; }

    /// <summary>The id of the map; 0 once a sockmap link is detached. Sockmap and struct_ops links, iterators over a map.</summary>
    public uint? MapId { get; init; }

    /// <summary>What is iterated (<c>sockmap</c>, <c>task_file</c>). Iter links.</summary>
    public string? TargetName { get; init; }

    /// <summary>The order in which an iterator walks cgroups (BPF_CGROUP_ITER_*).</summary>
    public uint? Order { get; init; }

    /// <summary>The thread that an iterator over tasks shows; 0 for all.</summary>
    public uint? Tid { get; init; }

    /// <summary>The process that an iterator over tasks or a multi-uprobe is limited to; 0 for all.</summary>
    public uint? Pid { get; init; }

    /// <summary>The raw tracepoint's name. Raw tracepoint links.</summary>
    public string? TpName { get; init; }

    /// <summary>The id of the program or BTF object that is traced. Tracing links.</summary>
    public uint? TargetObjId { get; init; }

    /// <summary>The type, in that object's BTF, of what is traced. Tracing links.</summary>
    public uint? TargetBtfId { get; init; }

    /// <summary>The inode number of the network namespace. Netns links.</summary>
    public uint? NetnsIno { get; init; }

    /// <summary>The index of the network interface; 0 once it is gone. Xdp, tcx and netkit links.</summary>
    public uint? IfIndex { get; init; }

    /// <summary>The interface's name, where it is in this network namespace. Xdp, tcx and netkit links.</summary>
    public string? DevName { get; init; }

    /// <summary>The protocol family (NFPROTO_*). Netfilter links.</summary>
    public uint? Pf { get; init; }

    /// <summary>The hook (NF_INET_*). Netfilter links.</summary>
    public uint? Hook { get; init; }

    /// <summary>The priority among the hook's functions. Netfilter links.</summary>
    public int? Prio { get; init; }

    /// <summary>Flags that the link was made with. Netfilter, multi-kprobe and multi-uprobe links.</summary>
    public uint? Flags { get; init; }

    /// <summary>What a perf event is: 1 uprobe, 2 uretprobe, 3 kprobe, 4 kretprobe, 5 tracepoint, 6 another event (BPF_PERF_EVENT_*).</summary>
    public uint? PerfEventType { get; init; }

    /// <summary>Whether it runs at the functions' return. Kprobes and uprobes.</summary>
    public bool? RetProbe { get; init; }

    /// <summary>The file that a uprobe is in.</summary>
    public string? File { get; init; }

    /// <summary>The function, or the tracepoint, of a perf event.</summary>
    public string? Func { get; init; }

    /// <summary>Bytes from the function's or the file's start. Perf events.</summary>
    public uint? Offset { get; init; }

    /// <summary>How many functions there are. Multi-kprobe and multi-uprobe links.</summary>
    public uint? FuncCnt { get; init; }

    /// <summary>The functions' addresses, or offsets in the file. Kprobes, multi-kprobe and multi-uprobe links.</summary>
    public ulong[]? Addrs { get; init; }

    /// <summary>Offsets of the reference counters in the file. Uprobes.</summary>
    public ulong[]? RefCtrOffsets { get; init; }

    /// <summary>How often the program was not run although it should have been. Kprobes.</summary>
    public ulong? Missed { get; init; }

    /// <summary>The kind of another perf event (PERF_TYPE_*).</summary>
    public uint? EventType { get; init; }

    /// <summary>Which of that kind (perf_event_open(2), config).</summary>
    public ulong? EventConfig { get; init; }

    /// <summary>What <c>bpf_get_attach_cookie</c> gives the program, once for the link or once for each function.</summary>
    public ulong[]? Cookies { get; init; }

    /// <summary>The bytes that the kernel tells beyond type, id and program, for types that are not decoded here.</summary>
    public byte[]? RawInfo { get; init; }

    /// <summary>Where it is pinned, on every bpffs that the process sees.</summary>
    public string[] Pinned { get; init; } = [];

    /// <summary>The processes that have it open.</summary>
    public int[] Pids { get; init; } = [];

    /// <summary>The names of these processes, in the same order.</summary>
    public string[] Commands { get; init; } = [];
}
