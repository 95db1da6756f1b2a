namespace Sockmap.Bpf;

/// <summary>
/// What a link binds its program to.
/// Values are those of <c>enum bpf_link_type</c> in include/uapi/linux/bpf.h.
/// </summary>
public enum BpfLinkType
{
    /// <summary>BPF_LINK_TYPE_UNSPEC: no type.</summary>
    Unspec = 0,

    /// <summary>BPF_LINK_TYPE_RAW_TRACEPOINT.</summary>
    RawTracepoint = 1,

    /// <summary>BPF_LINK_TYPE_TRACING.</summary>
    Tracing = 2,

    /// <summary>BPF_LINK_TYPE_CGROUP: a cgroup v2 directory.</summary>
    Cgroup = 3,

    /// <summary>BPF_LINK_TYPE_ITER: an iterator.</summary>
    Iter = 4,

    /// <summary>BPF_LINK_TYPE_NETNS.</summary>
    Netns = 5,

    /// <summary>BPF_LINK_TYPE_XDP.</summary>
    Xdp = 6,

    /// <summary>BPF_LINK_TYPE_PERF_EVENT.</summary>
    PerfEvent = 7,

    /// <summary>BPF_LINK_TYPE_KPROBE_MULTI.</summary>
    KprobeMulti = 8,

    /// <summary>BPF_LINK_TYPE_STRUCT_OPS.</summary>
    StructOps = 9,

    /// <summary>BPF_LINK_TYPE_NETFILTER.</summary>
    Netfilter = 10,

    /// <summary>BPF_LINK_TYPE_TCX.</summary>
    Tcx = 11,

    /// <summary>BPF_LINK_TYPE_UPROBE_MULTI.</summary>
    UprobeMulti = 12,

    /// <summary>BPF_LINK_TYPE_NETKIT.</summary>
    Netkit = 13,

    /// <summary>BPF_LINK_TYPE_SOCKMAP: a sockmap or sockhash (kernel 6.10).</summary>
    Sockmap = 14,

    /// <summary>BPF_LINK_TYPE_TRACING_MULTI.</summary>
    TracingMulti = 15,
}
