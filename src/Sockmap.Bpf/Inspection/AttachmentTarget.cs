namespace Sockmap.Bpf.Inspection;

/// <summary>The kinds of things that programs are attached to.</summary>
public enum AttachmentTarget
{
    /// <summary>A cgroup v2 directory.</summary>
    Cgroup,

    /// <summary>A sockmap or sockhash.</summary>
    Map,

    /// <summary>A network namespace: flow dissector and socket lookup.</summary>
    NetworkNamespace,

    /// <summary>A network interface: XDP, tcx and netkit.</summary>
    Interface,

    /// <summary>What a link names by itself: functions, tracepoints, iterators, struct_ops and whatever newer kernels link to.</summary>
    Link,
}
