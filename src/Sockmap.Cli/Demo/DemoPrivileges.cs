using System.Globalization;

namespace Sockmap.Cli.Demo;

/// <summary>The capabilities that the demo needs, as <c>/proc/self/status</c> shows them.</summary>
internal static class DemoPrivileges
{
    // Numbers from include/uapi/linux/capability.h. CAP_SYS_ADMIN stands in for the first and the last, as it does in the
    // kernel (include/linux/capability.h: bpf_capable, perfmon_capable).
    private const int CapNetAdmin = 12;
    private const int CapSysAdmin = 21;
    private const int CapPerfmon = 38;
    private const int CapBpf = 39;

    /// <summary>Names of the capabilities that are missing, given the text of <c>/proc/self/status</c>.</summary>
    public static IReadOnlyList<string> Missing(string status)
    {
        const string field = "CapEff:";
        string line = status.Split('\n').FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))
            ?? throw new DemoException("/proc/self/status has no line CapEff; is /proc mounted?");
        ulong effective = ulong.Parse(line.AsSpan(field.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        bool Has(int capability) => (effective & (1UL << capability)) != 0;

        List<string> missing = [];
        if (!Has(CapBpf) && !Has(CapSysAdmin))
        {
            missing.Add("CAP_BPF");
        }

        if (!Has(CapNetAdmin))
        {
            missing.Add("CAP_NET_ADMIN");
        }

        if (!Has(CapPerfmon) && !Has(CapSysAdmin))
        {
            missing.Add("CAP_PERFMON");
        }

        return missing;
    }
}
