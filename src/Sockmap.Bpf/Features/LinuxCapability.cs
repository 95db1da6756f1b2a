namespace Sockmap.Bpf.Features;

/// <summary>Capabilities that matter to bpf(2), with their numbers of include/uapi/linux/capability.h.</summary>
public enum LinuxCapability
{
    /// <summary>CAP_DAC_READ_SEARCH: paths of cgroups by id.</summary>
    DacReadSearch = 2,

    /// <summary>CAP_NET_ADMIN: networking programs, sockmaps, cgroup attachments.</summary>
    NetAdmin = 12,

    /// <summary>CAP_SYS_PTRACE: descriptors of other processes.</summary>
    SysPtrace = 19,

    /// <summary>CAP_SYS_ADMIN: objects by id, mounting; stands for Bpf and PerfMon too.</summary>
    SysAdmin = 21,

    /// <summary>CAP_SYS_RESOURCE: limits; kernels before 5.11 count maps as locked memory.</summary>
    SysResource = 24,

    /// <summary>CAP_SYSLOG: addresses in /proc/kallsyms.</summary>
    Syslog = 34,

    /// <summary>CAP_PERFMON: tracing programs and iterators, kernel memory reads.</summary>
    PerfMon = 38,

    /// <summary>CAP_BPF: programs, maps and BTF.</summary>
    Bpf = 39,
}
