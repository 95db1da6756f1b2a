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

    /// <summary>Makes it a program of another type than its section says, with all that follows from the type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="expectedAttachType">What it expects to be attached to; null for what the section says of the same type, else for the type's usual one.</param>
    public void Retype(BpfProgramType type, BpfAttachType? expectedAttachType = null)
    {
        BpfAttachType? usual = type == Type ? ExpectedAttachType : ProgramSections.CommonAttachType(type);
        Flags = type == Type ? Flags : 0;
        Type = type;
        ExpectedAttachType = expectedAttachType ?? usual;
        NeedsAttachTypeId = type is BpfProgramType.Lsm or BpfProgramType.Ext
            || (type == BpfProgramType.Tracing && ExpectedAttachType is not (BpfAttachType.TraceFentryMulti or BpfAttachType.TraceFexitMulti or BpfAttachType.TraceFsessionMulti));
    }
}
