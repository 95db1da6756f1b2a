namespace Sockmap.Bpf.Inspection;

/// <summary>What the event of a perf event link is (enum bpf_perf_event_type of include/uapi/linux/bpf.h).</summary>
internal enum BpfPerfEventType : uint
{
    /// <summary>The kernel does not tell.</summary>
    Unspecified = 0,

    /// <summary>BPF_PERF_EVENT_UPROBE.</summary>
    Uprobe = 1,

    /// <summary>BPF_PERF_EVENT_URETPROBE.</summary>
    Uretprobe = 2,

    /// <summary>BPF_PERF_EVENT_KPROBE.</summary>
    Kprobe = 3,

    /// <summary>BPF_PERF_EVENT_KRETPROBE.</summary>
    Kretprobe = 4,

    /// <summary>BPF_PERF_EVENT_TRACEPOINT.</summary>
    Tracepoint = 5,

    /// <summary>BPF_PERF_EVENT_EVENT.</summary>
    Event = 6,
}
