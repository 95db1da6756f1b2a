using System.Net;
using Sockmap.Cgroups;
using Sockmap.Filters;

namespace Sockmap.Entries;

/// <summary>
/// Chooses sockets. What is given must all hold; of the values of one property one is enough, and an empty one lets all
/// through.
/// </summary>
public sealed record EntryFilter
{
    /// <summary>This end's port.</summary>
    public IReadOnlyList<PortRange> LocalPorts { get; init; } = [];

    /// <summary>The other end's port.</summary>
    public IReadOnlyList<PortRange> RemotePorts { get; init; } = [];

    /// <summary>The port of either end.</summary>
    public IReadOnlyList<PortRange> Ports { get; init; } = [];

    /// <summary>Networks in which the address of either end lies.</summary>
    public IReadOnlyList<IPNetwork> Addresses { get; init; } = [];

    /// <summary>Tell whether a process of this name is meant.</summary>
    public IReadOnlyList<Func<string, bool>> ProcessNames { get; init; } = [];

    /// <summary>Processes that have the socket open.</summary>
    public IReadOnlyList<int> ProcessIds { get; init; } = [];

    /// <summary>Paths of cgroups: the cgroup itself and all below it.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>TCP states.</summary>
    public IReadOnlyList<SocketState> States { get; init; } = [];

    /// <summary>Whether the answer depends on who has the socket open.</summary>
    public bool AsksForProcesses => ProcessNames.Count > 0 || ProcessIds.Count > 0;

    /// <summary>Whether a socket is meant.</summary>
    public bool Matches(IConnectionEnd end) => MatchesConnection(end) && MatchesProcess(end);

    /// <summary>The same without a look at the processes, which cost a pass over all open files.</summary>
    public bool MatchesConnection(IConnectionEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return Holds(LocalPorts, end.LocalPort)
            && Holds(RemotePorts, end.RemotePort)
            && (Holds(Ports, end.LocalPort) || Holds(Ports, end.RemotePort))
            && (Holds(Addresses, end.LocalAddress) || Holds(Addresses, end.RemoteAddress))
            && (States.Count == 0 || States.Contains(end.State))
            && (Cgroups.Count == 0 || Cgroups.Any(cgroup => CgroupHierarchy.IsWithin(end.Cgroup, cgroup)));
    }

    private static bool Holds(IReadOnlyList<PortRange> ranges, int port) =>
        ranges.Count == 0 || ranges.Any(range => range.First <= port && port <= range.Last);

    private static bool Holds(IReadOnlyList<IPNetwork> networks, IPAddress? address) =>
        networks.Count == 0 || (address is not null && networks.Any(network => AddressRange.Contains(network, address)));

    private bool MatchesProcess(IConnectionEnd end) =>
        (ProcessIds.Count == 0 || end.ProcessId.Any(ProcessIds.Contains))
        && (ProcessNames.Count == 0 || end.ProcessName.Any(name => ProcessNames.Any(isMeant => isMeant(name))));
}
