namespace Sockmap.Policies;

/// <summary>A rule as the kernel holds it, with its counters; flat.</summary>
public sealed record PolicyRuleStatus
{
    /// <summary>Its policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Its place, from 1; the first rule that matches decides.</summary>
    public required int Position { get; init; }

    /// <summary>Its number, which stays with it and is no other rule's of this policy.</summary>
    public required uint Id { get; init; }

    /// <summary>What is sent, or what comes.</summary>
    public required PolicyDirection Direction { get; init; }

    /// <summary>What is done with what matches.</summary>
    public required PolicyAction Action { get; init; }

    /// <summary>Networks of the other end, in CIDR notation; empty is any.</summary>
    public IReadOnlyList<string> RemoteAddress { get; init; } = [];

    /// <summary>Ports of the other end, such as <c>6379</c> and <c>8000-8100</c>; empty is any.</summary>
    public IReadOnlyList<string> RemotePort { get; init; } = [];

    /// <summary>Networks of the socket's own end.</summary>
    public IReadOnlyList<string> LocalAddress { get; init; } = [];

    /// <summary>Ports of the socket's own end.</summary>
    public IReadOnlyList<string> LocalPort { get; init; } = [];

    /// <summary>Folders of cgroups; one that is gone is left out, see <see cref="CgroupId"/>.</summary>
    public IReadOnlyList<string> Cgroup { get; init; } = [];

    /// <summary>Ids of the cgroups.</summary>
    public IReadOnlyList<ulong> CgroupId { get; init; } = [];

    /// <summary>Users whose sockets these are.</summary>
    public IReadOnlyList<uint> Uid { get; init; } = [];

    /// <summary>Messages (Egress) or packets with data (Ingress) that it matched.</summary>
    public ulong Messages { get; init; }

    /// <summary>Bytes in these.</summary>
    public ulong Bytes { get; init; }

    /// <summary>Root of the bpffs that its policy is on.</summary>
    public required string BpfFileSystem { get; init; }
}
