using Sockmap.Bpf;
using Sockmap.Bpf.Features;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Programs;
using Sockmap.Cgroups;

namespace Sockmap.Support.Checks;

/// <summary>What the kernel must and may have, each tried by itself so that what is missing has a name.</summary>
internal static class KernelChecks
{
    // BPF_FUNC_get_netns_cookie of include/uapi/linux/bpf.h
    private const int GetNetnsCookie = 122;

    // r0 = 1; exit. In sock_ops that leaves the connection as it is.
    private static readonly byte[] ReturnOne = [0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

    public static Finding BpfSystemCall() => From(
        FeatureProbes.ProgramType(BpfProgramType.SocketFilter),
        "Run as root, outside of containers and sandboxes that forbid bpf(2); the kernel needs CONFIG_BPF_SYSCALL.");

    public static Finding KernelBtf() => From(
        FeatureProbes.KernelBtf(), "Use a kernel with CONFIG_DEBUG_INFO_BTF, as distributions build them.");

    public static Finding SockHash() => From(
        FeatureProbes.MapType(BpfMapType.SockHash), Remedy("4.18", "CONFIG_NET_SOCK_MSG"));

    public static Finding SkStorage() => From(
        FeatureProbes.MapType(BpfMapType.SkStorage), Remedy("5.2", "CONFIG_BPF_SYSCALL"));

    public static Finding SockOpsProgram() => From(
        FeatureProbes.ProgramType(BpfProgramType.SockOps), Remedy("4.13", "CONFIG_CGROUP_BPF"));

    public static Finding SkMsgProgram() => From(
        FeatureProbes.ProgramType(BpfProgramType.SkMsg), Remedy("4.17", "CONFIG_NET_SOCK_MSG"));

    public static Finding NetnsCookie() => From(
        FeatureProbes.Helper(BpfProgramType.SockOps, GetNetnsCookie), Remedy("5.15", "CONFIG_BPF_SYSCALL"));

    public static Finding SockmapIterator() => From(
        FeatureProbes.SockmapIterator(), Remedy("5.10", "CONFIG_BPF_SYSCALL"));

    public static Finding SockmapLink() => From(
        FeatureProbes.SockmapLink(), "Use a newer kernel (mainline has it since 6.10) for links; without, the program is attached by a plain attach, and works as well.");

    /// <summary>
    /// Links a sock_ops program that does nothing to the cgroup, and lets go at once: so a parent that forbids it, or a
    /// cgroup that does not take programs, is found too.
    /// </summary>
    public static Finding CgroupLink(string? cgroup)
    {
        if ((cgroup ?? CgroupHierarchy.TryFindRoot()) is not { } path)
        {
            return Finding.Unknown("There is no cgroup v2 to try it on.", "Mount a cgroup v2 hierarchy.");
        }

        FeatureProbe probe = FeatureProbes.CgroupLink();
        if (probe.State != FeatureState.Supported)
        {
            return From(probe, Remedy("5.7", "CONFIG_CGROUP_BPF"));
        }

        try
        {
            using CgroupDirectory directory = CgroupDirectory.Open(path);
            using BpfProgram program = BpfProgram.Load(new ProgramLoadRequest
            {
                Name = "sockmap_check",
                Type = BpfProgramType.SockOps,
                ExpectedAttachType = BpfAttachType.CgroupSockOps,
                Instructions = ReturnOne,
            });
            using BpfLink link = BpfLink.CreateCgroup(program, directory.Handle, BpfAttachType.CgroupSockOps);
            return Finding.Supported($"A program was linked to '{path}' and taken off again.");
        }
        catch (BpfException e)
        {
            return Finding.Unsupported(
                e.Message,
                e.Errno == Errno.EPERM
                    ? $"A program that was attached to '{path}' or above it without allowing others (BPF_F_ALLOW_MULTI) is in the way: bpftool cgroup tree shows it."
                    : $"Name another cgroup than '{path}'.");
        }
    }

    public static Finding Jit()
    {
        using BpfProgram program = BpfProgram.Load(new ProgramLoadRequest { Name = "sockmap_check", Type = BpfProgramType.SocketFilter, Instructions = ReturnOne });
        return program.GetInfo().JitedSize > 0
            ? Finding.Supported("The kernel compiles programs to machine code.")
            : Finding.Unsupported("The kernel interprets programs: each message costs more.", "Turn it on: sysctl net.core.bpf_jit_enable=1.");
    }

    private static string Remedy(string version, string option) => $"Use a newer kernel (mainline has it since {version}) with {option}.";

    private static Finding From(FeatureProbe probe, string remedy) => probe.State switch
    {
        FeatureState.Supported => Finding.Supported(probe.Reason),
        FeatureState.Unsupported => Finding.Unsupported(probe.Reason, remedy),
        _ => Finding.Unknown(probe.Reason, probe.Errno is Errno.EPERM or Errno.EACCES ? Finding.RunAsRoot : remedy),
    };
}
