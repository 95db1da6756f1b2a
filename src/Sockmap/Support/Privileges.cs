using Sockmap.Bpf.Features;

namespace Sockmap.Support;

/// <summary>The capabilities that installing and removing take.</summary>
public static class Privileges
{
    /// <summary>All of them, for sentences.</summary>
    public const string Needed = "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";

    /// <summary>Names of those that a process lacks.</summary>
    /// <remarks>
    /// CAP_SYS_ADMIN stands for all three in bpf(2) (bpf_ns_capable in kernel/bpf/token.c; bpf_net_capable before 6.9).
    /// </remarks>
    public static IReadOnlyList<string> Missing(ProcessCapabilities capabilities)
    {
        ArgumentNullException.ThrowIfNull(capabilities);
        if (capabilities.Has(LinuxCapability.SysAdmin))
        {
            return [];
        }

        (LinuxCapability Capability, string Name)[] needed =
        [
            (LinuxCapability.Bpf, "CAP_BPF"),
            (LinuxCapability.NetAdmin, "CAP_NET_ADMIN"),
            (LinuxCapability.PerfMon, "CAP_PERFMON"),
        ];
        return [.. needed.Where(need => !capabilities.Has(need.Capability)).Select(need => need.Name)];
    }
}
