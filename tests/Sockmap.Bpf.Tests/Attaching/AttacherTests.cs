using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf.Attaching;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Attaching;

public sealed class AttacherTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = new();

    public void Dispose() => bpffs.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cgroup_program_drops_until_it_is_detached(bool withoutLink)
    {
        using TestCgroup cgroup = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        using BpfProgram drop = Load(BpfProgramType.CgroupSkb, 0);
        AttachmentRecord attached = Attacher.Attach(Request(drop, point, withoutLink) with { AttachType = BpfAttachType.CgroupInetEgress });
        Assert.Equal(
            (AttachmentTarget.Cgroup, cgroup.DirectoryPath, BpfAttachType.CgroupInetEgress, drop.GetInfo().Id, "multi"),
            (attached.TargetKind, attached.Target, attached.AttachType, attached.ProgId, attached.AttachFlags));
        Assert.Equal(!withoutLink, attached.LinkId is not null);
        AttachmentRecord listed = Assert.Single(new AttachmentInventory().OnCgroup(cgroup.DirectoryPath));
        Assert.Equal(listed, attached);

        cgroup.Inside(static () => Assert.Equal(SocketError.AccessDenied, Assert.Throws<SocketException>(() => SendToSelf()).SocketErrorCode));
        Detacher.Detach(listed);
        Assert.Empty(new AttachmentInventory().OnCgroup(cgroup.DirectoryPath));
        Assert.False(BpfFileSystemHas("link"));
        cgroup.Inside(static () => SendToSelf());
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => Detacher.Detach(listed)).ErrnoName);
    }

    [Theory]
    [InlineData(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp6Recvmsg)]
    [InlineData(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Connect)]
    [InlineData(BpfProgramType.CgroupSock, BpfAttachType.CgroupInet6PostBind)]
    [InlineData(BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockRelease)]
    [InlineData(BpfProgramType.CgroupSockopt, BpfAttachType.CgroupSetsockopt)]
    [InlineData(BpfProgramType.CgroupDevice, BpfAttachType.CgroupDevice)]
    [InlineData(BpfProgramType.CgroupSysctl, BpfAttachType.CgroupSysctl)]
    [InlineData(BpfProgramType.SockOps, BpfAttachType.CgroupSockOps)]
    public void The_attach_type_that_the_kernel_knows_is_found_by_trying(BpfProgramType type, BpfAttachType expected)
    {
        using TestCgroup cgroup = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        using BpfProgram program = Load(type, 1, expected);
        Assert.Equal(expected, Attacher.Attach(Request(program, point)).AttachType);
        Assert.Equal(expected, Attacher.Attach(Request(program, point, withoutLink: true)).AttachType);
        Assert.Equal(2, new AttachmentInventory().OnCgroup(cgroup.DirectoryPath).Count(record => record.AttachType == expected));
    }

    [Fact]
    public void Where_nobody_knows_the_attach_type_it_must_be_given()
    {
        using TestCgroup cgroup = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        using BpfProgram program = Load(BpfProgramType.CgroupSkb, 1);
        string message = Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, point))).Message;
        Assert.Contains("CgroupInetIngress, CgroupInetEgress", message, StringComparison.Ordinal);
        Assert.Contains(
            "cannot be attached to a cgroup as SkLookup",
            Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, point) with { AttachType = BpfAttachType.SkLookup })).Message,
            StringComparison.Ordinal);
        using AttachPoint network = AttachPoint.OpenNetworkNamespace();
        Assert.Contains(
            "is attached to a cgroup, not to a network namespace",
            Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, network))).Message,
            StringComparison.Ordinal);
        using BpfProgram filter = Load(BpfProgramType.SocketFilter, 0);
        Assert.Contains("setsockopt(2)", Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(filter, point))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_nobody_would_keep_is_not_made()
    {
        using TestCgroup cgroup = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        using BpfProgram program = TestObjects.SockOps();
        Assert.Contains("give a path to pin it at", Assert.Throws<ArgumentException>(() => Attacher.Attach(new() { Program = program, Point = point })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, point) with { WithoutLink = true }));
        Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, point) with { PinPath = "/tmp/link" }));
        Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, point) with { Flags = ProgramAttachFlags.AllowOverride }));
        program.Pin(bpffs.PathOf("link"));
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, point))).ErrnoName);
        Assert.Empty(new AttachmentInventory().OnCgroup(cgroup.DirectoryPath));
    }

    [Fact]
    public void Nothing_is_displaced_unasked()
    {
        using TestCgroup cgroup = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        using BpfProgram first = TestObjects.SockOps("first");
        using BpfProgram second = TestObjects.SockOps("second");
        AttachRequest alone = Request(first, point, withoutLink: true) with { Flags = ProgramAttachFlags.AllowOverride };
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => Attacher.Attach(alone with { Replace = true })).ErrnoName);
        Assert.Equal("override", Attacher.Attach(alone).AttachFlags);
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => Attacher.Attach(alone)).ErrnoName);
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(alone with { Program = second })).ErrnoName);
        Assert.Equal("EPERM", Assert.Throws<BpfException>(() => Attacher.Attach(Request(second, point))).ErrnoName);
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => Attacher.Attach(alone with { Program = second, Replace = true, ReplaceProgramId = second.GetInfo().Id })).ErrnoName);
        Attacher.Attach(alone with { Program = second, Replace = true, ReplaceProgramId = first.GetInfo().Id });
        Assert.Equal([second.GetInfo().Id], Programs(cgroup));
    }

    [Fact]
    public void One_of_several_is_replaced_at_its_place()
    {
        using TestCgroup cgroup = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        BpfProgram[] programs = [.. Enumerable.Range(0, 3).Select(static i => TestObjects.SockOps($"ops{i}"))];
        uint[] ids = [.. programs.Select(static program => program.GetInfo().Id)];
        try
        {
            Attacher.Attach(Request(programs[0], point, withoutLink: true));
            Attacher.Attach(Request(programs[1], point, withoutLink: true));
            AttachRequest replace = Request(programs[2], point, withoutLink: true) with { Replace = true };
            Assert.Contains("name the one to replace", Assert.Throws<ArgumentException>(() => Attacher.Attach(replace)).Message, StringComparison.Ordinal);
            Attacher.Attach(replace with { ReplaceProgramId = ids[0] });
            Assert.Equal([ids[2], ids[1]], Programs(cgroup));
        }
        finally
        {
            Array.ForEach(programs, static program => program.Dispose());
        }
    }

    [Fact]
    public void The_program_of_a_pinned_link_is_replaced_where_the_expected_one_is()
    {
        using TestCgroup cgroup = new();
        using TestCgroup other = new();
        using AttachPoint point = AttachPoint.OpenCgroup(cgroup.DirectoryPath);
        using AttachPoint elsewhere = AttachPoint.OpenCgroup(other.DirectoryPath);
        using BpfProgram first = TestObjects.SockOps("first");
        using BpfProgram second = TestObjects.SockOps("second");
        AttachmentRecord before = Attacher.Attach(Request(first, point));
        AttachRequest replace = Request(second, point) with { Replace = true };
        Assert.Contains("nothing was replaced", Assert.Throws<ArgumentException>(() => Attacher.Attach(replace with { Point = elsewhere })).Message, StringComparison.Ordinal);
        BpfException wrong = Assert.Throws<BpfException>(() => Attacher.Attach(replace with { ReplaceProgramId = second.GetInfo().Id }));
        Assert.Contains($"it is program {first.GetInfo().Id} that is there", wrong.Message, StringComparison.Ordinal);
        AttachmentRecord after = Attacher.Attach(replace);
        Assert.Equal((before.LinkId, second.GetInfo().Id), (after.LinkId, after.ProgId));
        Assert.Equal([second.GetInfo().Id], Programs(cgroup));
        second.Pin(bpffs.PathOf("program"));
        Assert.Throws<InvalidDataException>(() => Attacher.Attach(replace with { PinPath = bpffs.PathOf("program") }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sockmap_program_drops_what_enters_until_it_is_detached(bool withoutLink)
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockHash);
        using AttachPoint point = AttachPoint.OfMap(map);
        using BpfProgram drop = TestObjects.SkMsg(verdict: 0);
        using BpfProgram pass = TestObjects.SkMsg();
        AttachmentRecord attached = Attacher.Attach(Request(drop, point, withoutLink));
        Assert.Equal(Assert.Single(new AttachmentInventory().OnMap(map.GetInfo().Id)), attached);
        using TcpPair dropped = new();
        map.UpdateDescriptor(BitConverter.GetBytes(1), dropped.Client.SafeHandle);
        Assert.Equal(SocketError.AccessDenied, Assert.Throws<SocketException>(() => dropped.Client.Send(new byte[1])).SocketErrorCode);

        AttachRequest next = Request(pass, point, withoutLink);
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(withoutLink ? next : next with { PinPath = bpffs.PathOf("second") })).ErrnoName);
        Attacher.Attach(next with { Replace = true });
        using TcpPair free = new();
        map.UpdateDescriptor(BitConverter.GetBytes(2), free.Client.SafeHandle);
        Assert.Equal(1, free.Client.Send(new byte[1]));
        Detacher.DetachProgram(pass.GetInfo().Id, point, BpfAttachType.SkMsgVerdict);
        Assert.Empty(new AttachmentInventory().OnMap(map.GetInfo().Id));
        Assert.False(BpfFileSystemHas("link"));
    }

    [Fact]
    public void Skb_programs_need_their_attach_type_and_a_map_for_sockets()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockMap, valueSize: 4);
        using BpfMap hash = TestObjects.Map(BpfMapType.Hash);
        using AttachPoint point = AttachPoint.OfMap(map);
        using AttachPoint wrong = AttachPoint.OfMap(hash);
        using BpfProgram program = Load(BpfProgramType.SkSkb, 1);
        Assert.Contains("SkSkbStreamParser, SkSkbStreamVerdict, SkSkbVerdict", Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, point))).Message, StringComparison.Ordinal);
        foreach (BpfAttachType type in new[] { BpfAttachType.SkSkbStreamVerdict, BpfAttachType.SkSkbStreamParser })
        {
            Assert.Equal(type, Attacher.Attach(Request(program, point) with { AttachType = type, PinPath = bpffs.PathOf(type.ToString()) }).AttachType);
        }

        Assert.Equal(2, new AttachmentInventory().OnMap(map.GetInfo().Id).Count());
        BpfException refused = Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, wrong) with { AttachType = BpfAttachType.SkSkbVerdict }));
        Assert.Contains("must be a sockmap or sockhash", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BpfProgramType.Xdp, null, 1, false)]
    [InlineData(BpfProgramType.Xdp, null, 1, true)]
    [InlineData(BpfProgramType.SchedCls, BpfAttachType.TcxIngress, 2, false)]
    [InlineData(BpfProgramType.SchedCls, BpfAttachType.TcxIngress, 2, true)]
    public void A_program_on_an_interface_drops_what_comes_in(BpfProgramType type, BpfAttachType? attachType, int verdict, bool withoutLink)
    {
        using TestNetwork network = new();
        using AttachPoint point = AttachPoint.OpenInterface(TestNetwork.Interface, network.FarPath);
        using BpfProgram drop = Load(type, verdict, type == BpfProgramType.Xdp ? BpfAttachType.Xdp : default);
        (Socket near, Socket far) = network.OpenSockets();
        using (near)
        using (far)
        {
            EndPoint target = far.LocalEndPoint!;
            near.SendTo([1], target);
            Assert.Equal(1, TestNetwork.Next(far));
            AttachmentRecord attached = Attacher.Attach(Request(drop, point, withoutLink) with { AttachType = attachType, XdpMode = type == BpfProgramType.Xdp ? XdpMode.Generic : XdpMode.Any });
            Assert.Equal(attachType ?? BpfAttachType.Xdp, attached.AttachType);
            Assert.Equal(TestNetwork.In(network.FarPath, () => Assert.Single(new AttachmentInventory().OnInterfaces(TestNetwork.Interface))), attached);
            near.SendTo([2], target);
            if (withoutLink)
            {
                Detacher.DetachProgram(attached.ProgId, point, attached.AttachType!.Value);
            }
            else
            {
                Detacher.Detach(attached);
            }

            near.SendTo([3], target);
            Assert.Equal(3, TestNetwork.Next(far));
        }
    }

    [Fact]
    public void Xdp_stays_one_program_by_link()
    {
        using TestNetwork network = new();
        using AttachPoint point = AttachPoint.OpenInterface(TestNetwork.Interface, network.NearPath);
        using BpfProgram program = Load(BpfProgramType.Xdp, 2, BpfAttachType.Xdp);
        using BpfProgram other = Load(BpfProgramType.Xdp, 2, BpfAttachType.Xdp);
        Attacher.Attach(Request(program, point));
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, point) with { PinPath = bpffs.PathOf("second") })).ErrnoName);
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(Request(other, point, withoutLink: true))).ErrnoName);
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(Request(other, point, withoutLink: true) with { Replace = true })).ErrnoName);
        Assert.Equal("ENODEV", Assert.Throws<BpfException>(() => AttachPoint.OpenInterface("no-such-if", network.NearPath)).ErrnoName);

        // What a link attached goes with its link, however it is named.
        Detacher.DetachProgram(program.GetInfo().Id, point, BpfAttachType.Xdp);
        Assert.False(BpfFileSystemHas("link"));
    }

    [Fact]
    public void Xdp_without_a_link_is_replaced_and_removed_where_the_expected_program_is()
    {
        using TestNetwork network = new();
        using AttachPoint point = AttachPoint.OpenInterface(TestNetwork.Interface, network.NearPath);
        using BpfProgram first = Load(BpfProgramType.Xdp, 2, BpfAttachType.Xdp);
        using BpfProgram second = Load(BpfProgramType.Xdp, 2, BpfAttachType.Xdp);
        AttachRequest request = Request(first, point, withoutLink: true);
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => Attacher.Attach(request with { Replace = true })).ErrnoName);

        // A veth has a driver that can, so the kernel chooses that.
        Assert.Equal("driver", Attacher.Attach(request).XdpMode);
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => Attacher.Attach(request)).ErrnoName);
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(request with { Program = second })).ErrnoName);
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => Attacher.Attach(Request(second, point))).ErrnoName);
        AttachRequest replace = request with { Program = second, Replace = true };
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => Attacher.Attach(replace with { ReplaceProgramId = second.GetInfo().Id })).ErrnoName);
        AttachmentRecord attached = Attacher.Attach(replace with { ReplaceProgramId = first.GetInfo().Id });
        Assert.Equal(attached, TestNetwork.In(network.NearPath, () => Assert.Single(new AttachmentInventory().OnInterfaces(TestNetwork.Interface))));
        Assert.Equal(second.GetInfo().Id, attached.ProgId);
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => Detacher.DetachProgram(first.GetInfo().Id, point, BpfAttachType.Xdp)).ErrnoName);
        Detacher.DetachProgram(second.GetInfo().Id, point, BpfAttachType.Xdp);
        Assert.Empty(TestNetwork.In(network.NearPath, () => new AttachmentInventory().OnInterfaces(TestNetwork.Interface).ToArray()));
    }

    [Fact]
    public void A_lookup_program_refuses_connections_in_its_namespace_only()
    {
        using TestNetwork network = new();
        using AttachPoint point = AttachPoint.OpenNetworkNamespace(network.NearPath);
        using BpfProgram drop = Load(BpfProgramType.SkLookup, 0, BpfAttachType.SkLookup);
        Assert.True(TestNetwork.In(network.NearPath, Connects));
        AttachmentRecord attached = Attacher.Attach(Request(drop, point));
        Assert.False(TestNetwork.In(network.NearPath, Connects));
        Assert.True(TestNetwork.In(network.FarPath, Connects));
        Detacher.Detach(new AttachmentInventory().OnNetworkNamespaces().Single(record => record.ProgId == attached.ProgId));
        Assert.True(TestNetwork.In(network.NearPath, Connects));

        static bool Connects()
        {
            try
            {
                new TcpPair().Dispose();
                return true;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flow_dissector_is_in_the_namespace_that_was_named(bool withoutLink)
    {
        using TestNetwork network = new();
        using AttachPoint point = AttachPoint.OpenNetworkNamespace(network.NearPath);
        using BpfProgram program = Load(BpfProgramType.FlowDissector, 0, BpfAttachType.FlowDissector);
        AttachmentRecord attached = Attacher.Attach(Request(program, point, withoutLink));
        AttachmentRecord listed = Assert.Single(new AttachmentInventory().OnNetworkNamespaces(), record => record.ProgId == attached.ProgId);
        Assert.Equal((attached.NetnsIno, attached.LinkId), (listed.NetnsIno, listed.LinkId));
        Assert.NotNull(attached.NetnsIno);
        Detacher.Detach(listed);
        Assert.DoesNotContain(new AttachmentInventory().OnNetworkNamespaces(), record => record.ProgId == attached.ProgId);
    }

    [Fact]
    public void What_is_no_namespace_is_told()
    {
        Assert.Equal("EBADF", Assert.Throws<BpfException>(() => AttachPoint.OpenNetworkNamespace("/etc/passwd")).ErrnoName);
        Assert.Equal("EBADF", Assert.Throws<BpfException>(() => AttachPoint.OpenNetworkNamespace("/proc/self/ns/mnt")).ErrnoName);
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => AttachPoint.OpenNetworkNamespace("/run/netns/no-such")).ErrnoName);
    }

    [Fact]
    public void A_raw_tracepoint_runs_its_program_until_the_last_pin_goes()
    {
        using BpfMap ring = TestObjects.RingBuffer();
        using BpfProgram program = BpfProgram.Load(new()
        {
            Name = "raw_writer",
            Type = BpfProgramType.RawTracepoint,
            Instructions = Insn.Program(
                Insn.StoreImm64(10, -8, 42),
                Insn.LoadMap(1, ring.Handle),
                Insn.Mov(2, 10),
                Insn.AddImm(2, -8),
                Insn.MovImm(3, 8),
                Insn.MovImm(4, 0),
                Insn.Call(130), // bpf_ringbuf_output
                Insn.MovImm(0, 0),
                Insn.Exit()),
        });
        using BpfProgram run = Load(BpfProgramType.SchedCls, 0);
        using AttachPoint none = AttachPoint.OfProgram();
        Assert.Contains("name the tracepoint", Assert.Throws<ArgumentException>(() => Attacher.Attach(Request(program, none))).Message, StringComparison.Ordinal);
        using AttachPoint unknown = AttachPoint.OfProgram("no_such_tracepoint");
        Assert.Contains("no such tracepoint", Assert.Throws<BpfException>(() => Attacher.Attach(Request(program, unknown))).Message, StringComparison.Ordinal);
        using AttachPoint point = AttachPoint.OfProgram("bpf_test_finish");
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        Assert.Equal((AttachmentTarget.Link, "bpf_test_finish", BpfLinkType.RawTracepoint), (attached.TargetKind, attached.Target, attached.LinkType));

        using RingBufferReader reader = new(ring);
        run.Run(new byte[64]);
        Assert.True(reader.Consume(static _ => { }) > 0);
        Detacher.Detach(attached);

        // The kernel takes the link's number away, and a moment later the program.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                reader.Consume(static _ => { });
                run.Run(new byte[64]);
                return reader.Consume(static _ => { }) == 0;
            },
            TimeSpan.FromSeconds(20)));
        Assert.False(BpfFileSystemHas("link"));
    }

    [Fact]
    public void An_iterator_is_made_by_its_link_and_reads()
    {
        using BpfProgram program = BpfProgram.Load(new()
        {
            Name = "iter_maps",
            Type = BpfProgramType.Tracing,
            ExpectedAttachType = BpfAttachType.TraceIter,
            AttachBtfId = FunctionId("bpf_iter_bpf_map"),
            Instructions = Insn.Return(0),
        });
        using AttachPoint point = AttachPoint.OfProgram();
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        Assert.Equal(("bpf_map", BpfLinkType.Iter, BpfAttachType.TraceIter), (attached.Target, attached.LinkType, attached.AttachType));
        using (BpfLink link = BpfLink.OpenPinned(bpffs.PathOf("link")))
        using (Stream stream = BpfIterator.Open(link))
        {
            Assert.Equal(-1, stream.ReadByte());
        }

        Detacher.DetachLink(attached.LinkId!.Value);

        // The kernel frees a link a little after its last holder is gone.
        Assert.True(SpinWait.SpinUntil(() => !BpfLink.EnumerateIds().Contains(attached.LinkId!.Value), TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [InlineData(BpfProgramType.Tracing, BpfAttachType.TraceFentry, "bpf_fentry_test1")]
    [InlineData(BpfProgramType.Tracing, BpfAttachType.TraceFexit, "bpf_fentry_test1")]
    [InlineData(BpfProgramType.Lsm, BpfAttachType.LsmMac, "bpf_lsm_file_open")]
    public void A_traced_function_runs_its_program(BpfProgramType type, BpfAttachType attachType, string function)
    {
        using BpfProgram program = LoadUnlessForbidden(new()
        {
            Name = "traces",
            Type = type,
            ExpectedAttachType = attachType,
            AttachBtfId = FunctionId(function),
            Instructions = Insn.Return(0),
        });
        using AttachPoint point = AttachPoint.OfProgram();
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        Assert.Equal((BpfLinkType.Tracing, attachType), (attached.LinkType, attached.AttachType));
        Assert.Contains(new AttachmentInventory().All(), record => record.LinkId == attached.LinkId && record.TargetKind == AttachmentTarget.Link);
        Detacher.Detach(attached);
        Assert.DoesNotContain(attached.LinkId!.Value, BpfLink.EnumerateIds());
    }

    [Fact]
    public void A_function_of_another_program_is_replaced_until_it_is_detached()
    {
        ObjectSpec spec = ObjectSpec.ReadFile(Tests.Loading.TestObjects.PathOf("extension.bpf.o"));
        using BpfObject target = BpfObject.Load(spec);
        using ObjectTypes types = ObjectTypes.Load(spec);
        Assert.True(spec.Btf!.TryFind("inner", BtfKind.Function, out BtfType inner));
        LinkedProgram linked = Tests.Loading.TestObjects.Linker(spec).Link("replacing");
        using BpfProgram program = LoadUnlessForbidden(new()
        {
            Name = "replacing",
            Type = BpfProgramType.Ext,
            AttachProgram = target.Programs["outer"],
            AttachBtfId = inner.Id,
            Btf = types.Btf,
            FunctionInfo = linked.FunctionInfo,
            FunctionInfoRecordSize = linked.FunctionInfoRecordSize,
            Instructions = linked.Instructions,
        });
        using AttachPoint point = AttachPoint.OfProgram();
        Assert.Equal(1u, target.Programs["outer"].Run(new byte[64]));
        AttachmentRecord attached = Attacher.Attach(Request(program, point));
        Assert.Equal((AttachmentTarget.Link, BpfLinkType.Tracing), (attached.TargetKind, attached.LinkType!.Value));
        Assert.Equal(42u, target.Programs["outer"].Run(new byte[64]));
        Detacher.Detach(attached);
        Assert.True(SpinWait.SpinUntil(() => target.Programs["outer"].Run(new byte[64]) == 1, TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData(BpfAttachType.NetkitPrimary, false)]
    [InlineData(BpfAttachType.NetkitPrimary, true)]
    [InlineData(BpfAttachType.NetkitPeer, false)]
    public void A_netkit_takes_programs_at_both_its_ends(BpfAttachType attachType, bool withoutLink)
    {
        using TestNetwork network = new();
        Assert.SkipUnless(TestNetwork.In(network.NearPath, static () => TestNetkit.TryCreate("kit0")), "NOT CHECKED: this kernel has no netkit devices (6.7, CONFIG_NETKIT).");
        using AttachPoint point = AttachPoint.OpenInterface("kit0", network.NearPath);
        using BpfProgram program = Load(BpfProgramType.SchedCls, 0, attachType);
        AttachmentRecord attached = Attacher.Attach(Request(program, point, withoutLink) with { AttachType = attachType });
        Assert.Equal(attached, TestNetwork.In(network.NearPath, static () => Assert.Single(new AttachmentInventory().OnInterfaces("kit0"))));
        Assert.Equal((attachType, withoutLink ? null : BpfLinkType.Netkit), (attached.AttachType, attached.LinkType));
        Detacher.DetachProgram(attached.ProgId, point, attachType);
        Assert.Empty(TestNetwork.In(network.NearPath, static () => new AttachmentInventory().OnInterfaces("kit0").ToArray()));
    }

    private static BpfProgram LoadUnlessForbidden(ProgramLoadRequest request)
    {
        try
        {
            return BpfProgram.Load(request);
        }
        catch (BpfException exception) when (exception.Errno == Errno.EPERM)
        {
            // Sandboxes forbid tracing functions even to root, while iterators, of the same program type, load.
            Assert.Skip("NOT CHECKED: tracing functions is forbidden here: " + exception.Message);
            throw;
        }
    }

    private static uint FunctionId(string name) => BtfSpec.LoadKernel().TryFind(name, BtfKind.Function, out BtfType function) ? function.Id : 0;

    private static BpfProgram Load(BpfProgramType type, int result, BpfAttachType expected = default) => BpfProgram.Load(new()
    {
        Name = "attached",
        Type = type,
        ExpectedAttachType = expected,
        Instructions = Insn.Return(result),
    });

    private static IEnumerable<uint> Programs(TestCgroup cgroup)
    {
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath);
        return ProgramAttachment.Query(directory.Handle, BpfAttachType.CgroupSockOps);
    }

    private static int SendToSelf()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.SendTo(new byte[1], socket.LocalEndPoint!);
    }

    private bool BpfFileSystemHas(string name) => File.Exists(bpffs.PathOf(name));

    private AttachRequest Request(BpfProgram program, AttachPoint point, bool withoutLink = false) =>
        new() { Program = program, Point = point, WithoutLink = withoutLink, PinPath = withoutLink ? null : bpffs.PathOf("link") };
}
