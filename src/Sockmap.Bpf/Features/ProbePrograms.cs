using System.Buffers.Binary;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Features;

/// <summary>The tiny programs that probes load, as instructions (Documentation/bpf/standardization/instruction-set.rst).</summary>
internal static class ProbePrograms
{
    private const uint Sleepable = 1 << 4;
    private const int InstructionSize = 8;
    private const byte MoveImmediate = 0xb7;
    private const byte Call = 0x85;
    private const byte Exit = 0x95;

    /// <summary>r0 = value; exit.</summary>
    internal static byte[] Return(int value) => [.. Instruction(MoveImmediate, value), .. Instruction(Exit, 0)];

    /// <summary>call helper; r0 = 0; exit.</summary>
    internal static byte[] CallHelper(int helper) => [.. Instruction(Call, helper), .. Return(0)];

    /// <summary>
    /// A request in which nothing but the type can be unknown to the kernel. Types that need a target in the kernel's BTF
    /// are given type 1, which is no function: the kernel's words show that it knows the program type.
    /// </summary>
    internal static ProgramLoadRequest Request(BpfProgramType type, byte[] instructions) => new()
    {
        Type = type,
        Instructions = instructions,
        ExpectedAttachType = type switch
        {
            BpfProgramType.CgroupSockAddr => BpfAttachType.CgroupInet4Connect,
            BpfProgramType.CgroupSockopt => BpfAttachType.CgroupGetsockopt,
            BpfProgramType.SkLookup => BpfAttachType.SkLookup,
            BpfProgramType.Netfilter => BpfAttachType.Netfilter,

            // Of the tracing programs, iterators are the ones that this library loads; a security policy may forbid the others.
            BpfProgramType.Tracing => BpfAttachType.TraceIter,
            BpfProgramType.Lsm => BpfAttachType.LsmMac,
            BpfProgramType.SockOps => BpfAttachType.CgroupSockOps,
            BpfProgramType.SkMsg => BpfAttachType.SkMsgVerdict,
            _ => default,
        },
        AttachBtfId = NeedsTarget(type) ? 1u : 0,
        Flags = type == BpfProgramType.Syscall ? Sleepable : 0,
        KernelVersion = type == BpfProgramType.Kprobe ? RunningVersion() : 0,
    };

    /// <summary>Whether programs of the type cannot be loaded without a target in the kernel's BTF.</summary>
    internal static bool NeedsTarget(BpfProgramType type) =>
        type is BpfProgramType.Tracing or BpfProgramType.Lsm or BpfProgramType.Ext or BpfProgramType.StructOps;

    /// <summary>Loads once with a log and keeps nothing.</summary>
    internal static (int Result, string Log) TryLoad(ProgramLoadRequest request)
    {
        (int result, string log) = VerifierLog.Collect(buffer => BpfProgram.LoadOnce(request, named: false, buffer));
        if (result >= 0)
        {
            _ = Syscalls.Close(result);
        }

        return (result, log);
    }

    private static byte[] Instruction(byte code, int immediate)
    {
        byte[] bytes = new byte[InstructionSize];
        bytes[0] = code;
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), immediate);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), immediate);
        }

        return bytes;
    }

    // KERNEL_VERSION of include/uapi/linux/version.h; the last part is kept to 8 bits.
    private static uint RunningVersion()
    {
        Version version = Environment.OSVersion.Version;
        return ((uint)version.Major << 16) + ((uint)version.Minor << 8) + Math.Min((uint)Math.Max(version.Build, 0), 255);
    }
}
