namespace Sockmap.Bpf.Links;

/// <summary>How a program shares a cgroup with others (BPF_F_ALLOW_* of include/uapi/linux/bpf.h).</summary>
[Flags]
public enum ProgramAttachFlags
{
    /// <summary>The only program of this kind here; none may be below. The only choice for sockmaps.</summary>
    None = 0,

    /// <summary>BPF_F_ALLOW_OVERRIDE: a program in a child replaces this one there.</summary>
    AllowOverride = 1,

    /// <summary>BPF_F_ALLOW_MULTI: runs beside others, in the cgroup and below it.</summary>
    AllowMulti = 2,
}
