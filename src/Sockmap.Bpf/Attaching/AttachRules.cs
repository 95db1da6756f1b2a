using Sockmap.Bpf.Inspection;

namespace Sockmap.Bpf.Attaching;

/// <summary>Which programs are attached where (attach_type_to_prog_type, bpf_prog_attach and link_create in kernel/bpf/syscall.c).</summary>
internal static class AttachRules
{
    // Of these the kernel knows the attach type from loading, and refuses every other with EINVAL: trying finds the one.
    private static readonly HashSet<BpfProgramType> KnownToKernel =
    [
        BpfProgramType.CgroupSock, BpfProgramType.CgroupSockAddr, BpfProgramType.CgroupSockopt, BpfProgramType.Tracing,
        BpfProgramType.Kprobe,
    ];

    private static readonly AttachRule[] Rows =
    [
        .. Cgroup(BpfProgramType.CgroupSkb, BpfAttachType.CgroupInetIngress, BpfAttachType.CgroupInetEgress),
        .. Cgroup(
            BpfProgramType.CgroupSock,
            BpfAttachType.CgroupInetSockCreate,
            BpfAttachType.CgroupInetSockRelease,
            BpfAttachType.CgroupInet4PostBind,
            BpfAttachType.CgroupInet6PostBind),
        .. Cgroup(
            BpfProgramType.CgroupSockAddr,
            BpfAttachType.CgroupInet4Connect,
            BpfAttachType.CgroupInet6Connect,
            BpfAttachType.CgroupInet4Bind,
            BpfAttachType.CgroupInet6Bind,
            BpfAttachType.CgroupUdp4Sendmsg,
            BpfAttachType.CgroupUdp6Sendmsg,
            BpfAttachType.CgroupUdp4Recvmsg,
            BpfAttachType.CgroupUdp6Recvmsg,
            BpfAttachType.CgroupInet4Getpeername,
            BpfAttachType.CgroupInet6Getpeername,
            BpfAttachType.CgroupInet4Getsockname,
            BpfAttachType.CgroupInet6Getsockname,
            BpfAttachType.CgroupUnixConnect,
            BpfAttachType.CgroupUnixSendmsg,
            BpfAttachType.CgroupUnixRecvmsg,
            BpfAttachType.CgroupUnixGetpeername,
            BpfAttachType.CgroupUnixGetsockname),
        .. Cgroup(BpfProgramType.CgroupSockopt, BpfAttachType.CgroupGetsockopt, BpfAttachType.CgroupSetsockopt),
        .. Cgroup(BpfProgramType.CgroupDevice, BpfAttachType.CgroupDevice),
        .. Cgroup(BpfProgramType.CgroupSysctl, BpfAttachType.CgroupSysctl),
        .. Cgroup(BpfProgramType.SockOps, BpfAttachType.CgroupSockOps),
        new(BpfProgramType.Lsm, AttachmentTarget.Cgroup, BpfAttachType.LsmCgroup, ByCall: false),

        new(BpfProgramType.SkMsg, AttachmentTarget.Map, BpfAttachType.SkMsgVerdict, ByCall: true),
        new(BpfProgramType.SkSkb, AttachmentTarget.Map, BpfAttachType.SkSkbStreamParser, ByCall: true),
        new(BpfProgramType.SkSkb, AttachmentTarget.Map, BpfAttachType.SkSkbStreamVerdict, ByCall: true),
        new(BpfProgramType.SkSkb, AttachmentTarget.Map, BpfAttachType.SkSkbVerdict, ByCall: true),
        new(BpfProgramType.Tracing, AttachmentTarget.Map, BpfAttachType.TraceIter, ByCall: false),

        new(BpfProgramType.FlowDissector, AttachmentTarget.NetworkNamespace, BpfAttachType.FlowDissector, ByCall: true),
        new(BpfProgramType.SkLookup, AttachmentTarget.NetworkNamespace, BpfAttachType.SkLookup, ByCall: false),

        new(BpfProgramType.Xdp, AttachmentTarget.Interface, BpfAttachType.Xdp, ByCall: true),
        new(BpfProgramType.SchedCls, AttachmentTarget.Interface, BpfAttachType.TcxIngress, ByCall: true),
        new(BpfProgramType.SchedCls, AttachmentTarget.Interface, BpfAttachType.TcxEgress, ByCall: true),
        new(BpfProgramType.SchedCls, AttachmentTarget.Interface, BpfAttachType.NetkitPrimary, ByCall: true),
        new(BpfProgramType.SchedCls, AttachmentTarget.Interface, BpfAttachType.NetkitPeer, ByCall: true),

        // The events come last: kernels before 6.6 let them have programs that were loaded for many functions.
        new(BpfProgramType.Kprobe, AttachmentTarget.KernelFunction, BpfAttachType.TraceKprobeMulti, ByCall: false),
        new(BpfProgramType.Kprobe, AttachmentTarget.KernelFunction, BpfAttachType.TraceKprobeSession, ByCall: false),
        new(BpfProgramType.Kprobe, AttachmentTarget.KernelFunction, BpfAttachType.PerfEvent, ByCall: false),
        new(BpfProgramType.Kprobe, AttachmentTarget.UserFunction, BpfAttachType.TraceUprobeMulti, ByCall: false),
        new(BpfProgramType.Kprobe, AttachmentTarget.UserFunction, BpfAttachType.TraceUprobeSession, ByCall: false),
        new(BpfProgramType.Kprobe, AttachmentTarget.UserFunction, BpfAttachType.PerfEvent, ByCall: false),
        new(BpfProgramType.Tracepoint, AttachmentTarget.Tracepoint, BpfAttachType.PerfEvent, ByCall: false),
        new(BpfProgramType.PerfEvent, AttachmentTarget.PerfEvent, BpfAttachType.PerfEvent, ByCall: false),
        new(BpfProgramType.Netfilter, AttachmentTarget.Netfilter, BpfAttachType.Netfilter, ByCall: false),

        new(BpfProgramType.RawTracepoint, AttachmentTarget.Link, null, ByCall: false),
        new(BpfProgramType.RawTracepointWritable, AttachmentTarget.Link, null, ByCall: false),
        new(BpfProgramType.Tracing, AttachmentTarget.Link, BpfAttachType.TraceIter, ByCall: false),
        new(BpfProgramType.Tracing, AttachmentTarget.Link, BpfAttachType.TraceFentry, ByCall: false),
        new(BpfProgramType.Tracing, AttachmentTarget.Link, BpfAttachType.TraceFexit, ByCall: false),
        new(BpfProgramType.Tracing, AttachmentTarget.Link, BpfAttachType.ModifyReturn, ByCall: false),
        new(BpfProgramType.Tracing, AttachmentTarget.Link, BpfAttachType.TraceRawTp, ByCall: false),
        new(BpfProgramType.Lsm, AttachmentTarget.Link, BpfAttachType.LsmMac, ByCall: false),
        new(BpfProgramType.Ext, AttachmentTarget.Link, null, ByCall: false),
    ];

    /// <summary>The ways that are possible; several only where the kernel can tell which it is.</summary>
    /// <exception cref="ArgumentException">None is, or it must be said which.</exception>
    internal static IReadOnlyList<AttachRule> Resolve(BpfProgramType type, AttachmentTarget target, BpfAttachType? wanted)
    {
        AttachRule[] ofType = [.. Rows.Where(row => row.ProgramType == type)];
        if (ofType.Length == 0)
        {
            throw new ArgumentException($"Attaching programs of type {type} is not supported here{Reason(type)}.", nameof(type));
        }

        AttachRule[] here = [.. ofType.Where(row => row.Target == target)];
        if (here.Length == 0)
        {
            string places = string.Join(" or ", ofType.Select(static row => Word(row.Target)).Distinct(StringComparer.Ordinal));
            throw new ArgumentException($"A program of type {type} is attached to {places}, not to {Word(target)}.", nameof(target));
        }

        if (wanted is not null)
        {
            AttachRule? match = Array.Find(here, row => row.AttachType == wanted);
            return match is not null
                ? [match]
                : throw new ArgumentException($"A program of type {type} cannot be attached to {Word(target)} as {wanted}; {Choices(here)}.", nameof(wanted));
        }

        return here.Length == 1 || KnownToKernel.Contains(type)
            ? here
            : throw new ArgumentException($"A program of type {type} can be attached to {Word(target)} in more than one way, so the attach type must be given; {Choices(here)}.", nameof(wanted));
    }

    /// <summary>The attach types for a kind of target; for completion.</summary>
    internal static IEnumerable<BpfAttachType> AttachTypes(BpfProgramType? type, AttachmentTarget? target) =>
        Rows.Where(row => (type is null || row.ProgramType == type) && (target is null || row.Target == target))
            .Select(static row => row.AttachType)
            .OfType<BpfAttachType>()
            .Distinct();

    internal static string Word(AttachmentTarget target) => target switch
    {
        AttachmentTarget.Cgroup => "a cgroup",
        AttachmentTarget.Map => "a map",
        AttachmentTarget.NetworkNamespace => "a network namespace",
        AttachmentTarget.Interface => "a network interface",
        AttachmentTarget.KernelFunction => "a function of the kernel",
        AttachmentTarget.UserFunction => "a function of an executable",
        AttachmentTarget.Tracepoint => "a tracepoint with its category",
        AttachmentTarget.PerfEvent => "a perf event",
        AttachmentTarget.Netfilter => "a place in Netfilter",
        _ => "what it names by itself",
    };

    private static string Choices(AttachRule[] rows) => rows.All(static row => row.AttachType is null)
        ? "it has no attach type"
        : "it can be attached as " + string.Join(", ", rows.Select(static row => row.AttachType).OfType<BpfAttachType>());

    private static string Reason(BpfProgramType type) => type switch
    {
        BpfProgramType.StructOps => ": it is a member of a struct_ops map, and that map is what is attached; give it without a program",
        BpfProgramType.SocketFilter or BpfProgramType.SkReuseport => ": it is attached to one socket (setsockopt(2)), by the process that has it",
        BpfProgramType.LircMode2 => ": it is attached to a remote control's device, which no listing shows",
        BpfProgramType.LwtIn or BpfProgramType.LwtOut or BpfProgramType.LwtXmit or BpfProgramType.LwtSeg6local => ": it is a part of a route, use ip route",
        BpfProgramType.SchedAct => ": it is an action of a traffic filter, use tc",
        BpfProgramType.Syscall => ": it is only run (BPF_PROG_TEST_RUN)",
        _ => "",
    };

    private static IEnumerable<AttachRule> Cgroup(BpfProgramType type, params BpfAttachType[] places) =>
        places.Select(place => new AttachRule(type, AttachmentTarget.Cgroup, place, ByCall: true));
}
