using System.Net.Sockets;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Links;

public sealed class BpfLinkTests
{
    [Fact]
    public void A_cgroup_link_runs_its_program_until_it_is_detached()
    {
        using TestCgroup cgroup = new();
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath);
        using BpfMap ring = TestObjects.RingBuffer();
        using BpfProgram program = EventWriter(ring);
        using BpfLink link = BpfLink.CreateCgroup(program, directory.Handle, BpfAttachType.CgroupSockOps);
        LinkInfo info = link.GetInfo();
        Assert.Equal((BpfLinkType.Cgroup, program.GetInfo().Id, directory.Id), (info.Type, info.ProgramId, info.CgroupId));
        Assert.Equal(BpfAttachType.CgroupSockOps, info.AttachType);
        Assert.Null(info.MapId);
        Assert.Contains(info.Id, BpfLink.EnumerateIds());

        using RingBufferReader reader = new(ring);
        HashSet<uint> events = [];
        cgroup.Inside(static () => new TcpPair().Dispose());
        Assert.True(reader.Consume(record => events.Add(BitConverter.ToUInt32(record))) > 0);
        Assert.Contains(4u, events); // BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB
        Assert.Contains(5u, events); // BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB

        link.Detach();
        link.Detach();
        Assert.Equal(0ul, link.GetInfo().CgroupId);
        cgroup.Inside(static () => new TcpPair().Dispose());
        Assert.Equal(0, reader.Consume(static _ => { }));
    }

    [Fact]
    public void A_pinned_link_outlives_its_descriptor()
    {
        using TestCgroup cgroup = new();
        using TestBpfFileSystem bpffs = new();
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath);
        using BpfProgram program = TestObjects.SockOps();
        uint programId = program.GetInfo().Id;
        using (BpfLink link = BpfLink.CreateCgroup(program, directory.Handle, BpfAttachType.CgroupSockOps))
        {
            link.Pin(bpffs.PathOf("link"));
        }

        Assert.Equal(programId, Assert.Single(ProgramAttachment.Query(directory.Handle, BpfAttachType.CgroupSockOps)));
        using (BpfLink opened = BpfLink.OpenPinned(bpffs.PathOf("link")))
        using (BpfLink byId = BpfLink.OpenById(opened.GetInfo().Id))
        {
            Assert.Equal(programId, byId.GetInfo().ProgramId);
            File.Delete(bpffs.PathOf("link"));
        }

        Assert.Empty(ProgramAttachment.Query(directory.Handle, BpfAttachType.CgroupSockOps));
    }

    [Fact]
    public void Update_changes_the_program_only_where_the_expected_one_is()
    {
        using TestCgroup cgroup = new();
        using CgroupDirectory directory = CgroupDirectory.Open(cgroup.DirectoryPath);
        using BpfProgram first = TestObjects.SockOps("first");
        using BpfProgram second = TestObjects.SockOps("second");
        using BpfLink link = BpfLink.CreateCgroup(first, directory.Handle, BpfAttachType.CgroupSockOps);
        Assert.Equal("EPERM", Assert.Throws<BpfException>(() => link.Update(first, expected: second)).ErrnoName);
        link.Update(second, expected: first);
        Assert.Equal(second.GetInfo().Id, link.GetInfo().ProgramId);
        link.Update(first);
        Assert.Equal(first.GetInfo().Id, link.GetInfo().ProgramId);
        using BpfProgram other = TestObjects.SkMsg();
        Assert.Equal("EINVAL", Assert.Throws<BpfException>(() => link.Update(other)).ErrnoName);
    }

    [Fact]
    public void A_sockmap_link_gives_its_program_to_sockets_that_enter()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockHash);
        using BpfProgram drop = TestObjects.SkMsg(verdict: 0);
        using BpfLink link = BpfLink.CreateSockmap(drop, map, BpfAttachType.SkMsgVerdict);
        LinkInfo info = link.GetInfo();
        Assert.Equal((BpfLinkType.Sockmap, drop.GetInfo().Id, map.GetInfo().Id), (info.Type, info.ProgramId, info.MapId));
        Assert.Equal(BpfAttachType.SkMsgVerdict, info.AttachType);

        using TcpPair dropped = new();
        map.UpdateDescriptor(BitConverter.GetBytes(1), dropped.Client.SafeHandle);
        Assert.Equal(SocketError.AccessDenied, Assert.Throws<SocketException>(() => dropped.Client.Send(new byte[1])).SocketErrorCode);

        using BpfProgram second = TestObjects.SkMsg();
        Assert.Equal("EBUSY", Assert.Throws<BpfException>(() => BpfLink.CreateSockmap(second, map, BpfAttachType.SkMsgVerdict)).ErrnoName);
        link.Detach();
        Assert.Equal(0u, link.GetInfo().MapId);
        using TcpPair free = new();
        map.UpdateDescriptor(BitConverter.GetBytes(2), free.Client.SafeHandle);
        Assert.Equal(1, free.Client.Send(new byte[1]));
    }

    [Fact]
    public void What_does_not_suit_is_EINVAL_and_no_missing_feature()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        using BpfProgram program = TestObjects.SkMsg();
        BpfException exception = Assert.Throws<BpfException>(() => BpfLink.CreateSockmap(program, map, BpfAttachType.SkMsgVerdict));
        Assert.Equal("EINVAL", exception.ErrnoName);
        Assert.Contains("Hash map 'test_map'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attach_stays_without_a_link_until_it_is_detached()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockHash);
        using BpfProgram program = TestObjects.SkMsg();
        Assert.Empty(ProgramAttachment.Query(map.Handle, BpfAttachType.SkMsgVerdict));
        ProgramAttachment.Attach(program, map.Handle, BpfAttachType.SkMsgVerdict);
        Assert.Equal(program.GetInfo().Id, Assert.Single(ProgramAttachment.Query(map.Handle, BpfAttachType.SkMsgVerdict)));
        ProgramAttachment.Detach(program, map.Handle, BpfAttachType.SkMsgVerdict);
        Assert.Empty(ProgramAttachment.Query(map.Handle, BpfAttachType.SkMsgVerdict));
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => ProgramAttachment.Detach(program, map.Handle, BpfAttachType.SkMsgVerdict)).ErrnoName);
    }

    [Fact]
    public void Effective_programs_come_from_the_parents_too()
    {
        using TestCgroup parent = new();
        string childPath = Path.Combine(parent.DirectoryPath, "child");
        Directory.CreateDirectory(childPath);
        try
        {
            using CgroupDirectory directory = CgroupDirectory.Open(parent.DirectoryPath);
            using CgroupDirectory child = CgroupDirectory.Open(childPath);
            using BpfProgram program = TestObjects.SockOps();
            ProgramAttachment.Attach(program, directory.Handle, BpfAttachType.CgroupSockOps, ProgramAttachFlags.AllowMulti);
            Assert.Empty(ProgramAttachment.Query(child.Handle, BpfAttachType.CgroupSockOps));
            Assert.Contains(program.GetInfo().Id, ProgramAttachment.Query(child.Handle, BpfAttachType.CgroupSockOps, effective: true));
            ProgramAttachment.Detach(program, directory.Handle, BpfAttachType.CgroupSockOps);
        }
        finally
        {
            Directory.Delete(childPath);
        }
    }

    private static BpfProgram EventWriter(BpfMap ring) => BpfProgram.Load(new()
    {
        Name = "event_writer",
        Type = BpfProgramType.SockOps,
        ExpectedAttachType = BpfAttachType.CgroupSockOps,
        Instructions = Insn.Program(
            Insn.Load32(2, 1, 0), // op
            Insn.Store64(10, -8, 2),
            Insn.LoadMap(1, ring.Handle),
            Insn.Mov(2, 10),
            Insn.AddImm(2, -8),
            Insn.MovImm(3, 8),
            Insn.MovImm(4, 0),
            Insn.Call(130), // bpf_ringbuf_output
            Insn.MovImm(0, 1),
            Insn.Exit()),
    });
}
