using Sockmap.Bpf.Links;

namespace SockmapPS.Parameters;

/// <summary>How a program that is attached without a link shares a cgroup, in bpftool's words; <c>Alone</c> is what it has no word for.</summary>
public enum CgroupAttachFlag
{
    /// <summary>The only one here, and none may be below.</summary>
    Alone = ProgramAttachFlags.None,

    /// <summary>The only one here; one in a child takes its place there.</summary>
    Override = ProgramAttachFlags.AllowOverride,

    /// <summary>Beside others.</summary>
    Multi = ProgramAttachFlags.AllowMulti,
}
