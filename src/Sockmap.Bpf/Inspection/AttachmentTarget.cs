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

    /// <summary>What a link names by itself: what its program was loaded for, raw tracepoints, iterators, and whatever newer kernels link to.</summary>
    Link,

    /// <summary>Functions of the kernel: kprobes.</summary>
    KernelFunction,

    /// <summary>Places in executables and libraries: uprobes.</summary>
    UserFunction,

    /// <summary>A tracepoint, for programs of type Tracepoint.</summary>
    Tracepoint,

    /// <summary>An event of a CPU or a process, which is sampled.</summary>
    PerfEvent,

    /// <summary>A place in Netfilter.</summary>
    Netfilter,

    /// <summary>Operations of the kernel that a struct_ops map implements.</summary>
    StructOps,
}
