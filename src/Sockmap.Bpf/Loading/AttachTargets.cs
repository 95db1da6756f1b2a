using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Loading;

/// <summary>Finds the functions and types of the kernel that programs are verified for and attach to.</summary>
/// <remarks>The kernel's own BTF is searched first, then that of its modules; <c>module:name</c> is searched in that module alone, as libbpf does.</remarks>
internal static class AttachTargets
{
    /// <summary>The BTF id of what a program names in its section, and the module that it is in; null for the kernel itself.</summary>
    /// <exception cref="BpfRelocationException">There is no such function or type in this kernel.</exception>
    public static (uint Id, BtfObject? Module) Find(ProgramSpec spec, BtfSpec? kernel, KernelModules? modules = null)
    {
        if (string.IsNullOrEmpty(spec.AttachTarget))
        {
            throw new BpfRelocationException(spec.Name, "attach target", $"its section '{spec.SectionName}' names nothing to attach to; name it in the section, or set ProgramSpec.AttachTarget");
        }

        (string? module, string target) = spec.AttachTarget.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon
            ? (spec.AttachTarget[..colon], spec.AttachTarget[(colon + 1)..])
            : (null, spec.AttachTarget);
        (string name, BtfKind kind) = (spec.Type, spec.ExpectedAttachType) switch
        {
            (BpfProgramType.Ext, _) => throw new BpfRelocationException(spec.Name, spec.AttachTarget, "replacing a function of another program (freplace) is not supported"),
            (_, BpfAttachType.TraceIter) => ("bpf_iter_" + target, BtfKind.Function),
            (_, BpfAttachType.TraceRawTp) => ("btf_trace_" + target, BtfKind.Typedef),
            (BpfProgramType.Lsm, _) => ("bpf_lsm_" + target, BtfKind.Function),
            _ => (target, BtfKind.Function),
        };
        if (kernel is null)
        {
            throw new BpfRelocationException(spec.Name, name, $"its target '{spec.AttachTarget}' is found by the kernel's BTF, which this kernel does not show ({BtfSpec.KernelPath}, CONFIG_DEBUG_INFO_BTF)");
        }

        if (module is null or KernelModules.KernelName && kernel.TryFind(name, kind, out BtfType type))
        {
            return (type.Id, null);
        }

        return module != KernelModules.KernelName && modules?.Find(name, kind, module).FirstOrDefault() is { } found
            ? (found.Type.Id, found.Module)
            : throw new BpfRelocationException(spec.Name, name, $"its target '{spec.AttachTarget}' does not exist in this kernel (no {BtfType.KindWord(kind)} '{name}' in {(module is null ? "its BTF" : $"the BTF of {module}")}{KernelModules.Reservation(modules)})");
    }
}
