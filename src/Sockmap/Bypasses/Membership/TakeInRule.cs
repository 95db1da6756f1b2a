using System.Net;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Sockets;

namespace Sockmap.Bypasses.Membership;

/// <summary>
/// Which connections the sock_ops program would have taken in: passes_filters() of bpf/bypass.bpf.c, for both ends, and
/// both inside the cgroup.
/// </summary>
internal sealed class TakeInRule(InstalledSettings installed)
{
    private readonly CgroupPaths _paths = new();

    private BypassSettings Settings => installed.Settings;

    public bool Takes(ConnectionCandidate candidate) =>
        Settings.Family.HasFlag(candidate.Family)
        && (Settings.Ports.Count == 0 || Has(Settings.Ports, candidate.RemotePort))
        && !Has(Settings.ExcludedPorts, candidate.RemotePort)
        && (Settings.Addresses.Count == 0 || HasEnd(Settings.Addresses, candidate))
        && !HasEnd(Settings.ExcludedAddresses, candidate)
        && IsInside(candidate.CgroupId)
        && IsInside(candidate.RemoteCgroupId);

    private static bool Has(IReadOnlyList<PortRange> ranges, int port) => ranges.Any(range => range.First <= port && port <= range.Last);

    private static bool HasEnd(IReadOnlyList<IPNetwork> networks, ConnectionCandidate candidate) =>
        networks.Any(network => AddressRange.Contains(network, candidate.LocalAddress) || AddressRange.Contains(network, candidate.RemoteAddress));

    private bool IsInside(ulong cgroupId) => Settings.Cgroup is { } cgroup && CgroupHierarchy.IsWithin(_paths.Find(cgroupId), cgroup);
}
