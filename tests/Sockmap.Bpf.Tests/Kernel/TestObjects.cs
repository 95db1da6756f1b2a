using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>Programs and maps that many tests use.</summary>
internal static class TestObjects
{
    public static BpfProgram SkMsg(int verdict = 1, string name = "test_msg") => BpfProgram.Load(new()
    {
        Name = name,
        Type = BpfProgramType.SkMsg,
        ExpectedAttachType = BpfAttachType.SkMsgVerdict,
        Instructions = Insn.Return(verdict),
    });

    public static BpfProgram SockOps(string name = "test_ops") => BpfProgram.Load(new()
    {
        Name = name,
        Type = BpfProgramType.SockOps,
        ExpectedAttachType = BpfAttachType.CgroupSockOps,
        Instructions = Insn.Return(1),
    });

    public static BpfMap Map(BpfMapType type, int keySize = 4, int valueSize = 8, uint entries = 16, string name = "test_map") =>
        BpfMap.Create(new() { Name = name, Type = type, KeySize = keySize, ValueSize = valueSize, MaxEntries = entries });

    public static BpfMap RingBuffer() => Map(BpfMapType.RingBuf, 0, 0, (uint)Environment.SystemPageSize, "test_ring");

    /// <summary>Puts the first 8 bytes of its packet into the ring buffer.</summary>
    public static BpfProgram RingBufferWriter(BpfMap ring) => BpfProgram.Load(new()
    {
        Name = "ring_writer",
        Type = BpfProgramType.SchedCls,
        Instructions = Insn.Program(
            Insn.Mov(6, 1),
            Insn.MovImm(2, 0),
            Insn.Mov(3, 10),
            Insn.AddImm(3, -8),
            Insn.MovImm(4, 8),
            Insn.Call(26), // bpf_skb_load_bytes
            Insn.LoadMap(1, ring.Handle),
            Insn.Mov(2, 10),
            Insn.AddImm(2, -8),
            Insn.MovImm(3, 8),
            Insn.MovImm(4, 0),
            Insn.Call(130), // bpf_ringbuf_output
            Insn.Exit()),
    });

    /// <summary>Reserves a record and discards it.</summary>
    public static BpfProgram RingBufferDiscarder(BpfMap ring) => BpfProgram.Load(new()
    {
        Name = "ring_discarder",
        Type = BpfProgramType.SchedCls,
        Instructions = Insn.Program(
            Insn.LoadMap(1, ring.Handle),
            Insn.MovImm(2, 8),
            Insn.MovImm(3, 0),
            Insn.Call(131), // bpf_ringbuf_reserve
            Insn.JumpIfZero(0, 3),
            Insn.Mov(1, 0),
            Insn.MovImm(2, 0),
            Insn.Call(133), // bpf_ringbuf_discard
            Insn.MovImm(0, 0),
            Insn.Exit()),
    });
}
