using System.Net;
using Sockmap.Filters;

namespace Sockmap.Policies;

/// <summary>
/// A rule as it is asked for. It matches where every criterion that it has does; a criterion that is an empty list matches
/// everything, and one with several values where one of them does.
/// </summary>
public sealed record PolicyRule
{
    /// <summary>What is sent, or what comes.</summary>
    public required PolicyDirection Direction { get; init; }

    /// <summary>What is done with what matches.</summary>
    public required PolicyAction Action { get; init; }

    /// <summary>Networks of the other end. A network of IPv4 matches v4-mapped connections too.</summary>
    public IReadOnlyList<IPNetwork> RemoteAddresses { get; init; } = [];

    /// <summary>Networks of the socket's own end.</summary>
    public IReadOnlyList<IPNetwork> LocalAddresses { get; init; } = [];

    /// <summary>Ports of the other end.</summary>
    public IReadOnlyList<PortRange> RemotePorts { get; init; } = [];

    /// <summary>Ports of the socket's own end.</summary>
    public IReadOnlyList<PortRange> LocalPorts { get; init; } = [];

    /// <summary>Folders of cgroups: that of the process that made the socket, or one above it.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    /// <summary>Users whose sockets these are.</summary>
    public IReadOnlyList<uint> UserIds { get; init; } = [];
}
