using Sockmap.TestKit.Placement;

namespace Sockmap.TestKit;

/// <summary>What a machine may truly lack. A test skips with the reason, and on nothing else.</summary>
public static class Machine
{
    /// <summary>Why tests of the kernel cannot run here, or null: <c>Assert.SkipWhen(Machine.Missing is not null, Machine.Missing)</c>.</summary>
    public static string? Missing =>
        !OperatingSystem.IsLinux() ? "This is not Linux."
        : !Environment.IsPrivilegedProcess ? "This needs root: it makes cgroups, namespaces and bpf programs."
        : TestCgroup.MountPoint is null ? "No cgroup v2 is mounted."
        : null;

    /// <summary>Why namespaces cannot be joined by veth here, or null.</summary>
    public static string? MissingForNamespaces =>
        Missing ?? (FindTool("ip") is null ? "ip(8) of iproute2 is not installed." : null);

    /// <summary>Why connections cannot be led elsewhere by NAT here, or null.</summary>
    public static string? MissingForNat =>
        MissingForNamespaces ?? (FindTool("nft") is null ? "nft(8) of nftables is not installed (apt-get install nftables)." : null);

    /// <summary>Why a command cannot be killed at a system call of its here, or null.</summary>
    public static string? MissingForKilling =>
        Missing ?? (FindTool("strace") is null ? "strace(1) is not installed." : null);

    private static string? FindTool(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Append("/usr/sbin").Append("/sbin")
            .Select(p => Path.Combine(p, name)).FirstOrDefault(File.Exists);
}
