namespace Sockmap.Bpf.Loading;

/// <summary>All section names that are known, as Documentation/bpf/libbpf/program_types.rst lists them.</summary>
internal static class ProgramSections
{
    private const uint Sleepable = 1 << 4;
    private const uint XdpFragments = 1 << 5;

    // To know one more section name, add a row. The first row that matches is taken.
    private static readonly ProgramSection[] Rows =
    [
        // sockets
        new("socket", BpfProgramType.SocketFilter),
        new("sk_reuseport/migrate", BpfProgramType.SkReuseport, BpfAttachType.SkReuseportSelectOrMigrate),
        new("sk_reuseport", BpfProgramType.SkReuseport, BpfAttachType.SkReuseportSelect),
        new("sockops", BpfProgramType.SockOps, BpfAttachType.CgroupSockOps),
        new("sk_skb/stream_parser", BpfProgramType.SkSkb, BpfAttachType.SkSkbStreamParser),
        new("sk_skb/stream_verdict", BpfProgramType.SkSkb, BpfAttachType.SkSkbStreamVerdict),
        new("sk_skb/verdict", BpfProgramType.SkSkb, BpfAttachType.SkSkbVerdict),
        new("sk_skb", BpfProgramType.SkSkb),
        new("sk_msg", BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict),
        new("flow_dissector", BpfProgramType.FlowDissector, BpfAttachType.FlowDissector),
        new("sk_lookup", BpfProgramType.SkLookup, BpfAttachType.SkLookup),
        new("netfilter", BpfProgramType.Netfilter, BpfAttachType.Netfilter),

        // cgroups
        new("cgroup_skb/ingress", BpfProgramType.CgroupSkb, BpfAttachType.CgroupInetIngress),
        new("cgroup_skb/egress", BpfProgramType.CgroupSkb, BpfAttachType.CgroupInetEgress),
        new("cgroup/skb", BpfProgramType.CgroupSkb),
        new("cgroup/sock_create", BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockCreate),
        new("cgroup/sock_release", BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockRelease),
        new("cgroup/sock", BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockCreate),
        new("cgroup/post_bind4", BpfProgramType.CgroupSock, BpfAttachType.CgroupInet4PostBind),
        new("cgroup/post_bind6", BpfProgramType.CgroupSock, BpfAttachType.CgroupInet6PostBind),
        new("cgroup/bind4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Bind),
        new("cgroup/bind6", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Bind),
        new("cgroup/connect4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Connect),
        new("cgroup/connect6", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Connect),
        new("cgroup/connect_unix", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixConnect),
        new("cgroup/sendmsg4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp4Sendmsg),
        new("cgroup/sendmsg6", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp6Sendmsg),
        new("cgroup/sendmsg_unix", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixSendmsg),
        new("cgroup/recvmsg4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp4Recvmsg),
        new("cgroup/recvmsg6", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp6Recvmsg),
        new("cgroup/recvmsg_unix", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixRecvmsg),
        new("cgroup/getpeername4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Getpeername),
        new("cgroup/getpeername6", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Getpeername),
        new("cgroup/getpeername_unix", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixGetpeername),
        new("cgroup/getsockname4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Getsockname),
        new("cgroup/getsockname6", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Getsockname),
        new("cgroup/getsockname_unix", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixGetsockname),
        new("cgroup/sysctl", BpfProgramType.CgroupSysctl, BpfAttachType.CgroupSysctl),
        new("cgroup/getsockopt", BpfProgramType.CgroupSockopt, BpfAttachType.CgroupGetsockopt),
        new("cgroup/setsockopt", BpfProgramType.CgroupSockopt, BpfAttachType.CgroupSetsockopt),
        new("cgroup/dev", BpfProgramType.CgroupDevice, BpfAttachType.CgroupDevice),

        // tracing
        new("kprobe+", BpfProgramType.Kprobe),
        new("uprobe+", BpfProgramType.Kprobe),
        new("uprobe.s+", BpfProgramType.Kprobe, Flags: Sleepable),
        new("kretprobe+", BpfProgramType.Kprobe),
        new("uretprobe+", BpfProgramType.Kprobe),
        new("uretprobe.s+", BpfProgramType.Kprobe, Flags: Sleepable),
        new("kprobe.multi+", BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti),
        new("kretprobe.multi+", BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti),
        new("kprobe.session+", BpfProgramType.Kprobe, BpfAttachType.TraceKprobeSession),
        new("uprobe.multi+", BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti),
        new("uretprobe.multi+", BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti),
        new("uprobe.session+", BpfProgramType.Kprobe, BpfAttachType.TraceUprobeSession),
        new("uprobe.multi.s+", BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, Sleepable),
        new("uretprobe.multi.s+", BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, Sleepable),
        new("uprobe.session.s+", BpfProgramType.Kprobe, BpfAttachType.TraceUprobeSession, Sleepable),
        new("ksyscall+", BpfProgramType.Kprobe),
        new("kretsyscall+", BpfProgramType.Kprobe),
        new("usdt+", BpfProgramType.Kprobe),
        new("usdt.s+", BpfProgramType.Kprobe, Flags: Sleepable),
        new("tracepoint+", BpfProgramType.Tracepoint),
        new("tp+", BpfProgramType.Tracepoint),
        new("tracepoint.s+", BpfProgramType.Tracepoint, Flags: Sleepable),
        new("tp.s+", BpfProgramType.Tracepoint, Flags: Sleepable),
        new("raw_tracepoint+", BpfProgramType.RawTracepoint),
        new("raw_tp+", BpfProgramType.RawTracepoint),
        new("raw_tracepoint.s+", BpfProgramType.RawTracepoint, Flags: Sleepable),
        new("raw_tp.s+", BpfProgramType.RawTracepoint, Flags: Sleepable),
        new("raw_tracepoint.w+", BpfProgramType.RawTracepointWritable),
        new("raw_tp.w+", BpfProgramType.RawTracepointWritable),
        new("tp_btf+", BpfProgramType.Tracing, BpfAttachType.TraceRawTp, NeedsAttachTypeId: true),
        new("tp_btf.s+", BpfProgramType.Tracing, BpfAttachType.TraceRawTp, Sleepable, NeedsAttachTypeId: true),
        new("fentry+", BpfProgramType.Tracing, BpfAttachType.TraceFentry, NeedsAttachTypeId: true),
        new("fmod_ret+", BpfProgramType.Tracing, BpfAttachType.ModifyReturn, NeedsAttachTypeId: true),
        new("fexit+", BpfProgramType.Tracing, BpfAttachType.TraceFexit, NeedsAttachTypeId: true),
        new("fentry.s+", BpfProgramType.Tracing, BpfAttachType.TraceFentry, Sleepable, NeedsAttachTypeId: true),
        new("fmod_ret.s+", BpfProgramType.Tracing, BpfAttachType.ModifyReturn, Sleepable, NeedsAttachTypeId: true),
        new("fexit.s+", BpfProgramType.Tracing, BpfAttachType.TraceFexit, Sleepable, NeedsAttachTypeId: true),
        new("fsession+", BpfProgramType.Tracing, BpfAttachType.TraceFsession, NeedsAttachTypeId: true),
        new("fsession.s+", BpfProgramType.Tracing, BpfAttachType.TraceFsession, Sleepable, NeedsAttachTypeId: true),
        new("fentry.multi+", BpfProgramType.Tracing, BpfAttachType.TraceFentryMulti),
        new("fexit.multi+", BpfProgramType.Tracing, BpfAttachType.TraceFexitMulti),
        new("fsession.multi+", BpfProgramType.Tracing, BpfAttachType.TraceFsessionMulti),
        new("fentry.multi.s+", BpfProgramType.Tracing, BpfAttachType.TraceFentryMulti, Sleepable),
        new("fexit.multi.s+", BpfProgramType.Tracing, BpfAttachType.TraceFexitMulti, Sleepable),
        new("fsession.multi.s+", BpfProgramType.Tracing, BpfAttachType.TraceFsessionMulti, Sleepable),
        new("freplace+", BpfProgramType.Ext, NeedsAttachTypeId: true),
        new("lsm+", BpfProgramType.Lsm, BpfAttachType.LsmMac, NeedsAttachTypeId: true),
        new("lsm.s+", BpfProgramType.Lsm, BpfAttachType.LsmMac, Sleepable, NeedsAttachTypeId: true),
        new("lsm_cgroup+", BpfProgramType.Lsm, BpfAttachType.LsmCgroup, NeedsAttachTypeId: true),
        new("iter+", BpfProgramType.Tracing, BpfAttachType.TraceIter, NeedsAttachTypeId: true),
        new("iter.s+", BpfProgramType.Tracing, BpfAttachType.TraceIter, Sleepable, NeedsAttachTypeId: true),
        new("perf_event", BpfProgramType.PerfEvent),

        // packets
        new("tc/ingress", BpfProgramType.SchedCls, BpfAttachType.TcxIngress),
        new("tc/egress", BpfProgramType.SchedCls, BpfAttachType.TcxEgress),
        new("tcx/ingress", BpfProgramType.SchedCls, BpfAttachType.TcxIngress),
        new("tcx/egress", BpfProgramType.SchedCls, BpfAttachType.TcxEgress),
        new("tc", BpfProgramType.SchedCls),
        new("classifier", BpfProgramType.SchedCls),
        new("action", BpfProgramType.SchedAct),
        new("netkit/primary", BpfProgramType.SchedCls, BpfAttachType.NetkitPrimary),
        new("netkit/peer", BpfProgramType.SchedCls, BpfAttachType.NetkitPeer),
        new("xdp.frags/devmap", BpfProgramType.Xdp, BpfAttachType.XdpDevMap, XdpFragments),
        new("xdp/devmap", BpfProgramType.Xdp, BpfAttachType.XdpDevMap),
        new("xdp.frags/cpumap", BpfProgramType.Xdp, BpfAttachType.XdpCpuMap, XdpFragments),
        new("xdp/cpumap", BpfProgramType.Xdp, BpfAttachType.XdpCpuMap),
        new("xdp.frags", BpfProgramType.Xdp, BpfAttachType.Xdp, XdpFragments),
        new("xdp", BpfProgramType.Xdp, BpfAttachType.Xdp),
        new("lwt_in", BpfProgramType.LwtIn),
        new("lwt_out", BpfProgramType.LwtOut),
        new("lwt_xmit", BpfProgramType.LwtXmit),
        new("lwt_seg6local", BpfProgramType.LwtSeg6local),

        // the rest
        new("syscall", BpfProgramType.Syscall, Flags: Sleepable),
        new("struct_ops+", BpfProgramType.StructOps),
        new("struct_ops.s+", BpfProgramType.StructOps, Flags: Sleepable),
        new("lirc_mode2", BpfProgramType.LircMode2, BpfAttachType.LircMode2),
    ];

    /// <summary>Finds the row of a section's name; null when none matches.</summary>
    public static ProgramSection? Find(string name, out string? target)
    {
        foreach (ProgramSection row in Rows)
        {
            if (row.Matches(name, out target))
            {
                return row;
            }
        }

        target = null;
        return null;
    }

    /// <summary>The attach type that all section names of a program type agree on; null where they do not.</summary>
    public static BpfAttachType? CommonAttachType(BpfProgramType type)
    {
        BpfAttachType?[] known = [.. Rows.Where(r => r.Type == type).Select(r => r.AttachType).Distinct()];
        return known.Length == 1 ? known[0] : null;
    }
}
