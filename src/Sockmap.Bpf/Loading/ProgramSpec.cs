namespace Sockmap.Bpf.Loading;

/// <summary>A program as an object file describes it. Change it before the object is loaded.</summary>
public sealed class ProgramSpec
{
    internal ProgramSpec(string name, string sectionName, FunctionSpec function)
    {
        Name = name;
        SectionName = sectionName;
        Function = function;
    }

    /// <summary>Its function's name in C. The kernel keeps the first 15 characters.</summary>
    public string Name { get; }

    /// <summary>The section it is in, as in <c>SEC("...")</c>.</summary>
    public string SectionName { get; }

    /// <summary>Its type; <see cref="BpfProgramType.Unspec"/> where the section's name tells none.</summary>
    public BpfProgramType Type { get; set; }

    /// <summary>What it expects to be attached to; null where the type needs none.</summary>
    public BpfAttachType? ExpectedAttachType { get; set; }

    /// <summary>What the section's name says behind the type, such as <c>sockmap</c> of <c>iter/sockmap</c>; else null.</summary>
    public string? AttachTarget { get; set; }

    /// <summary><c>BPF_F_*</c> flags of program loading (include/uapi/linux/bpf.h).</summary>
    public uint Flags { get; set; }

    /// <summary>Whether loading needs the kernel's BTF id of <see cref="AttachTarget"/> (iterators, fentry, ...).</summary>
    public bool NeedsAttachTypeId { get; set; }

    /// <summary>Whether it is loaded when no programs are chosen; false for <c>SEC("?...")</c>.</summary>
    public bool LoadByDefault { get; set; } = true;

    internal FunctionSpec Function { get; }
}
