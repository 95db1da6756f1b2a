using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>Finds the functions and types of the kernel that programs are verified for and attach to.</summary>
/// <remarks>Only the kernel's own BTF is searched, not that of modules.</remarks>
internal static class AttachTargets
{
    /// <summary>The BTF id of what a program names in its section.</summary>
    /// <exception cref="BpfRelocationException">There is no such function or type in this kernel.</exception>
    public static uint Find(ProgramSpec spec, BtfSpec? kernel)
    {
        if (string.IsNullOrEmpty(spec.AttachTarget))
        {
            throw new BpfRelocationException(spec.Name, "attach target", $"its section '{spec.SectionName}' names nothing to attach to; name it in the section, or set ProgramSpec.AttachTarget");
        }

        (string name, BtfKind kind) = (spec.Type, spec.ExpectedAttachType) switch
        {
            (BpfProgramType.Ext, _) => throw new BpfRelocationException(spec.Name, spec.AttachTarget, "replacing a function of another program (freplace) is not supported"),
            (_, BpfAttachType.TraceIter) => ("bpf_iter_" + spec.AttachTarget, BtfKind.Function),
            (_, BpfAttachType.TraceRawTp) => ("btf_trace_" + spec.AttachTarget, BtfKind.Typedef),
            (BpfProgramType.Lsm, _) => ("bpf_lsm_" + spec.AttachTarget, BtfKind.Function),
            _ => (spec.AttachTarget, BtfKind.Function),
        };
        if (kernel is null)
        {
            throw new BpfRelocationException(spec.Name, name, $"its target '{spec.AttachTarget}' is found by the kernel's BTF, which this kernel does not show ({BtfSpec.KernelPath}, CONFIG_DEBUG_INFO_BTF)");
        }

        return kernel.TryFind(name, kind, out BtfType type)
            ? type.Id
            : throw new BpfRelocationException(spec.Name, name, $"its target '{spec.AttachTarget}' does not exist in this kernel (no {BtfType.KindWord(kind)} '{name}' in its BTF)");
    }
}
