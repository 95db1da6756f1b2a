using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Programs;

public sealed class BpfProgramTests
{
    [Fact]
    public void Load_gives_a_program_that_the_kernel_describes()
    {
        DateTime before = DateTime.Now;
        using BpfProgram program = TestObjects.SkMsg(name: "a name/longer-than.15");
        ProgramInfo info = program.GetInfo();
        Assert.Equal(BpfProgramType.SkMsg, info.Type);
        Assert.Equal("a_name_longer_t", info.Name);
        Assert.Matches("^[0-9a-f]{16}$", info.Tag);
        Assert.True(info.Id > 0 && info.XlatedSize >= 16 && info.VerifiedInstructions == 2);
        Assert.True(info.GplCompatible);
        Assert.Equal(0u, info.UserId);
        Assert.Empty(info.MapIds);
        Assert.Equal(DateTimeKind.Local, info.LoadTime.Kind);
        Assert.InRange(info.LoadTime, before.AddSeconds(-1), DateTime.Now.AddSeconds(1));
        Assert.True(program.Handle.DangerousGetHandle() >= 3);
    }

    [Fact]
    public void Same_instructions_have_the_same_tag_and_others_another()
    {
        using BpfProgram first = TestObjects.SkMsg(1);
        using BpfProgram second = TestObjects.SkMsg(1);
        using BpfProgram other = TestObjects.SkMsg(0);
        Assert.Equal(first.GetInfo().Tag, second.GetInfo().Tag);
        Assert.NotEqual(first.GetInfo().Tag, other.GetInfo().Tag, StringComparer.Ordinal);
    }

    [Fact]
    public void A_license_that_is_not_free_is_told()
    {
        using BpfProgram program = BpfProgram.Load(new() { Type = BpfProgramType.SocketFilter, Instructions = Insn.Return(0), License = "Proprietary" });
        Assert.False(program.GetInfo().GplCompatible);
        Assert.Equal("", program.GetInfo().Name);
    }

    [Fact]
    public void A_refused_program_carries_the_log()
    {
        VerifierException exception = Assert.Throws<VerifierException>(() => BpfProgram.Load(new()
        {
            Name = "bad",
            Type = BpfProgramType.SkMsg,
            Instructions = Insn.Program(Insn.Exit()),
        }));
        Assert.Equal("EACCES", exception.ErrnoName);
        Assert.Contains("!read_ok", exception.VerifierLog, StringComparison.Ordinal);
        Assert.Contains("!read_ok", exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("Loading SkMsg program 'bad': EACCES (13)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_log_is_whole()
    {
        byte[][] moves = [.. Enumerable.Range(0, 5000).Select(static i => Insn.MovImm(1 + (i % 5), i))];
        VerifierException exception = Assert.Throws<VerifierException>(() => BpfProgram.Load(new()
        {
            Type = BpfProgramType.SkMsg,
            Instructions = Insn.Program([.. moves, Insn.Exit()]),
        }));
        Assert.Equal("EACCES", exception.ErrnoName);
        Assert.True(exception.VerifierLog.Length > 64 * 1024);
        Assert.Contains("4999: ", exception.VerifierLog, StringComparison.Ordinal);
        Assert.StartsWith("0: ", exception.VerifierLog.Split('\n').First(static line => line.StartsWith("0: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("!read_ok", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_the_kernel_does_not_know_is_EINVAL_without_a_log()
    {
        BpfException exception = Assert.Throws<BpfException>(() => BpfProgram.Load(new() { Name = "x", Type = (BpfProgramType)4000, Instructions = Insn.Return(0) }));
        Assert.Equal("EINVAL", exception.ErrnoName);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public void Instructions_must_be_whole(int length) =>
        Assert.Throws<ArgumentException>(() => BpfProgram.Load(new() { Type = BpfProgramType.SkMsg, Instructions = new byte[length] }));

    [Fact]
    public void Pins_ids_and_descriptors_lead_to_the_same_program()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfProgram program = TestObjects.SockOps();
        uint id = program.GetInfo().Id;
        program.Pin(bpffs.PathOf("ops"));
        using BpfProgram pinned = BpfProgram.OpenPinned(bpffs.PathOf("ops"));
        using BpfProgram byId = BpfProgram.OpenById(id);
        Assert.Equal(id, pinned.GetInfo().Id);
        Assert.Equal(id, byId.GetInfo().Id);
        Assert.Contains(id, BpfProgram.EnumerateIds());
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => program.Pin(bpffs.PathOf("ops"))).ErrnoName);
    }

    [Fact]
    public void A_program_without_holders_is_gone()
    {
        uint id;
        using (BpfProgram program = TestObjects.SkMsg())
        {
            id = program.GetInfo().Id;
        }

        // The kernel frees programs after a grace period.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                try
                {
                    BpfProgram.OpenById(id).Dispose();
                    return false;
                }
                catch (BpfException exception)
                {
                    return exception.Errno == Errno.ENOENT;
                }
            },
            TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void What_is_pinned_must_be_a_program()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        map.Pin(bpffs.PathOf("map"));
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => BpfProgram.OpenPinned(bpffs.PathOf("map")));
        Assert.Contains("it is a pinned map", exception.Message, StringComparison.Ordinal);
        BpfException missing = Assert.Throws<BpfException>(() => BpfProgram.OpenPinned(bpffs.PathOf("none")));
        Assert.Equal("ENOENT", missing.ErrnoName);
        Assert.Contains(bpffs.PathOf("none"), missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_names_the_maps_and_a_run_gives_the_verdict()
    {
        using BpfMap ring = TestObjects.RingBuffer();
        using BpfProgram program = TestObjects.RingBufferWriter(ring);
        Assert.Equal(ring.GetInfo().Id, Assert.Single(program.GetInfo().MapIds));
        using BpfProgram seven = BpfProgram.Load(new() { Type = BpfProgramType.SchedCls, Instructions = Insn.Return(7) });
        Assert.Equal(7u, seven.Run(new byte[64]));
    }

    [Fact]
    public void Function_information_of_its_own_BTF_is_kept()
    {
        using BtfObject btf = BtfObject.Load(BtfObjectTests.FunctionBtf());
        using BpfProgram program = BpfProgram.Load(new()
        {
            Type = BpfProgramType.SkMsg,
            Instructions = Insn.Return(1),
            Btf = btf,
            FunctionInfo = new byte[] { 0, 0, 0, 0, 3, 0, 0, 0 },
            FunctionInfoRecordSize = 8,
        });
        Assert.Equal(btf.GetInfo().Id, program.GetInfo().BtfId);
    }
}
