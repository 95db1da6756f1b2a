using System.Net;
using Sockmap.Filters;

namespace Sockmap.Policies.Rules;

/// <summary>A rule as a set holds it: what was asked for, in canonical form, with cgroups by id.</summary>
internal sealed record StoredRule
{
    /// <summary>No other rule of the policy has it, ever.</summary>
    public required uint Id { get; init; }

    /// <summary>Index of its counters, its own while the rule is there.</summary>
    public required uint Counter { get; init; }

    public required PolicyDirection Direction { get; init; }

    public required PolicyAction Action { get; init; }

    public required IReadOnlyList<IPNetwork> RemoteAddresses { get; init; }

    public required IReadOnlyList<IPNetwork> LocalAddresses { get; init; }

    public required IReadOnlyList<PortRange> RemotePorts { get; init; }

    public required IReadOnlyList<PortRange> LocalPorts { get; init; }

    public required IReadOnlyList<ulong> CgroupIds { get; init; }

    public required IReadOnlyList<uint> UserIds { get; init; }
}
