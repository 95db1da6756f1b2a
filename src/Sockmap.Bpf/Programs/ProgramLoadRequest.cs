namespace Sockmap.Bpf.Programs;

/// <summary>All that BPF_PROG_LOAD takes. Instructions are final: map descriptors and CO-RE values are in them.</summary>
public sealed class ProgramLoadRequest
{
    /// <summary>
    /// The program's name. The kernel keeps 15 bytes; a character that it does not allow becomes '_'.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>What the program is.</summary>
    public required BpfProgramType Type { get; init; }

    /// <summary>The place that it is verified for; 0 (which is also <see cref="BpfAttachType.CgroupInetIngress"/>) for none.</summary>
    public BpfAttachType ExpectedAttachType { get; init; }

    /// <summary>The instructions, 8 bytes each, in the byte order of this machine.</summary>
    public required ReadOnlyMemory<byte> Instructions { get; init; }

    /// <summary>The license; many helpers ask for one that is compatible with the GPL.</summary>
    public string License { get; init; } = "GPL";

    /// <summary>The program's own BTF, which <see cref="FunctionInfo"/> and <see cref="LineInfo"/> refer to.</summary>
    public BtfObject? Btf { get; init; }

    /// <summary>Records of struct bpf_func_info, instruction offsets counted in instructions.</summary>
    public ReadOnlyMemory<byte> FunctionInfo { get; init; }

    /// <summary>Bytes in one record of <see cref="FunctionInfo"/>.</summary>
    public int FunctionInfoRecordSize { get; init; }

    /// <summary>Records of struct bpf_line_info, instruction offsets counted in instructions.</summary>
    public ReadOnlyMemory<byte> LineInfo { get; init; }

    /// <summary>Bytes in one record of <see cref="LineInfo"/>.</summary>
    public int LineInfoRecordSize { get; init; }

    /// <summary>The kernel type id that a tracing program or an iterator attaches to, or 0.</summary>
    public uint AttachBtfId { get; init; }

    /// <summary>The BTF object that <see cref="AttachBtfId"/> belongs to; null for the kernel itself.</summary>
    public BtfObject? AttachBtfObject { get; init; }

    /// <summary>
    /// The modules whose kfuncs the program calls: a call with offset 1 is to the first of them, and so on; offset 0 is
    /// the kernel itself (find_kfunc_desc_btf in kernel/bpf/verifier.c).
    /// </summary>
    public IReadOnlyList<BtfObject> KernelFunctionModules { get; init; } = [];

    /// <summary>The program whose function <see cref="AttachBtfId"/> is, in its BTF: for programs of type Ext, and those that trace other programs.</summary>
    public BpfProgram? AttachProgram { get; init; }

    /// <summary>BPF_F_* load flags of include/uapi/linux/bpf.h, such as BPF_F_SLEEPABLE.</summary>
    public uint Flags { get; init; }

    /// <summary>LINUX_VERSION_CODE, which kprobes asked for before 5.0; else 0.</summary>
    public uint KernelVersion { get; init; }
}
