using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

public sealed class ProgramSectionsTests
{
    [Theory]
    [InlineData("sk_msg", BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict, null, false)]
    [InlineData("sockops", BpfProgramType.SockOps, BpfAttachType.CgroupSockOps, null, false)]
    [InlineData("sk_skb", BpfProgramType.SkSkb, null, null, false)]
    [InlineData("sk_skb/stream_parser", BpfProgramType.SkSkb, BpfAttachType.SkSkbStreamParser, null, false)]
    [InlineData("sk_skb/stream_verdict", BpfProgramType.SkSkb, BpfAttachType.SkSkbStreamVerdict, null, false)]
    [InlineData("sk_skb/verdict", BpfProgramType.SkSkb, BpfAttachType.SkSkbVerdict, null, false)]
    [InlineData("iter/sockmap", BpfProgramType.Tracing, BpfAttachType.TraceIter, "sockmap", true)]
    [InlineData("iter.s/task", BpfProgramType.Tracing, BpfAttachType.TraceIter, "task", true)]
    [InlineData("socket", BpfProgramType.SocketFilter, null, null, false)]
    [InlineData("cgroup/connect4", BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Connect, null, false)]
    [InlineData("cgroup/sock_release", BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockRelease, null, false)]
    [InlineData("cgroup_skb/egress", BpfProgramType.CgroupSkb, BpfAttachType.CgroupInetEgress, null, false)]
    [InlineData("sk_lookup", BpfProgramType.SkLookup, BpfAttachType.SkLookup, null, false)]
    [InlineData("sk_reuseport", BpfProgramType.SkReuseport, BpfAttachType.SkReuseportSelect, null, false)]
    [InlineData("syscall", BpfProgramType.Syscall, null, null, false)]
    [InlineData("raw_tp/sys_enter", BpfProgramType.RawTracepoint, null, "sys_enter", false)]
    [InlineData("tp_btf/sched_switch", BpfProgramType.Tracing, BpfAttachType.TraceRawTp, "sched_switch", true)]
    [InlineData("tracepoint/syscalls/sys_enter_open", BpfProgramType.Tracepoint, null, "syscalls/sys_enter_open", false)]
    [InlineData("kprobe/tcp_sendmsg", BpfProgramType.Kprobe, null, "tcp_sendmsg", false)]
    [InlineData("fentry/tcp_sendmsg", BpfProgramType.Tracing, BpfAttachType.TraceFentry, "tcp_sendmsg", true)]
    [InlineData("fexit/tcp_sendmsg", BpfProgramType.Tracing, BpfAttachType.TraceFexit, "tcp_sendmsg", true)]
    [InlineData("fexit", BpfProgramType.Tracing, BpfAttachType.TraceFexit, null, true)]
    [InlineData("fsession/tcp_sendmsg", BpfProgramType.Tracing, BpfAttachType.TraceFsession, "tcp_sendmsg", true)]
    [InlineData("fentry.multi/tcp_*", BpfProgramType.Tracing, BpfAttachType.TraceFentryMulti, "tcp_*", false)]
    [InlineData("usdt/libc:setjmp", BpfProgramType.Kprobe, null, "libc:setjmp", false)]
    [InlineData("struct_ops.s/init", BpfProgramType.StructOps, null, "init", false)]
    [InlineData("xdp", BpfProgramType.Xdp, BpfAttachType.Xdp, null, false)]
    [InlineData("tc", BpfProgramType.SchedCls, null, null, false)]
    [InlineData("tcx/ingress", BpfProgramType.SchedCls, BpfAttachType.TcxIngress, null, false)]
    [InlineData("classifier", BpfProgramType.SchedCls, null, null, false)]
    [InlineData("action", BpfProgramType.SchedAct, null, null, false)]
    public void Known_names(string name, BpfProgramType type, BpfAttachType? attachType, string? target, bool needsId)
    {
        ProgramSection? section = ProgramSections.Find(name, out string? found);

        Assert.NotNull(section);
        Assert.Equal((type, attachType, target, needsId), (section.Type, section.AttachType, found, section.NeedsAttachTypeId));
    }

    [Theory]
    [InlineData("sk_msg/more")]
    [InlineData("sk_msgs")]
    [InlineData("iter/")]
    [InlineData("iterator")]
    [InlineData("")]
    public void Unknown_names(string name) => Assert.Null(ProgramSections.Find(name, out _));

    [Theory]
    [InlineData(BpfProgramType.SockOps, BpfAttachType.CgroupSockOps)]
    [InlineData(BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict)]
    [InlineData(BpfProgramType.SkSkb, null)]
    [InlineData(BpfProgramType.SocketFilter, null)]
    public void A_type_alone_tells_an_attach_type_where_there_is_but_one(BpfProgramType type, BpfAttachType? expected) =>
        Assert.Equal(expected, ProgramSections.CommonAttachType(type));

    [Fact]
    public void Sleepable_programs_carry_the_flag()
    {
        Assert.Equal(1u << 4, ProgramSections.Find("iter.s/task", out _)!.Flags);
        Assert.Equal(1u << 4, ProgramSections.Find("syscall", out _)!.Flags);
        Assert.Equal(1u << 5, ProgramSections.Find("xdp.frags", out _)!.Flags);
        Assert.Equal(0u, ProgramSections.Find("iter/task", out _)!.Flags);
    }
}
