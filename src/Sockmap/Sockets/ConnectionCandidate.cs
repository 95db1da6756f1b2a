using System.Net;
using Sockmap.Entries;
using Sockmap.Filters;

namespace Sockmap.Sockets;

/// <summary>
/// An established TCP connection whose both ends are held on this host and are not both in a sockmap. It is seen from the
/// end that connected: the one whose port nobody listens on; where that does not tell, the one with the higher port.
/// </summary>
public sealed record ConnectionCandidate
{
    /// <summary>The bypass that it could go into; null where it was looked for without one.</summary>
    public string? Bypass { get; init; }

    /// <summary>IPv4 (v4-mapped included) or IPv6.</summary>
    public required AddressFamilies Family { get; init; }

    /// <summary>The connecting end's address.</summary>
    public required IPAddress LocalAddress { get; init; }

    /// <summary>The connecting end's port, host order.</summary>
    public required int LocalPort { get; init; }

    /// <summary>The other end's address.</summary>
    public required IPAddress RemoteAddress { get; init; }

    /// <summary>The other end's port, host order.</summary>
    public required int RemotePort { get; init; }

    /// <summary>The process that holds the connecting end; of several this very process, or else the one with the lowest id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its name.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Number of its descriptor.</summary>
    public required int Descriptor { get; init; }

    /// <summary>All processes that hold the connecting end, in rising order.</summary>
    public required IReadOnlyList<int> ProcessIds { get; init; }

    /// <summary>Their names, in the same order.</summary>
    public required IReadOnlyList<string> ProcessNames { get; init; }

    /// <summary>Cookie of the connecting end's socket.</summary>
    public required ulong Cookie { get; init; }

    /// <summary>Its inode.</summary>
    public required ulong Inode { get; init; }

    /// <summary>Id of the cgroup v2 that it was made in; 0 where it is not known.</summary>
    public required ulong CgroupId { get; init; }

    /// <summary>Folder of that cgroup; null where it is gone or out of sight.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of the user that made it.</summary>
    public required uint UserId { get; init; }

    /// <summary>Inode number of its network namespace.</summary>
    public required uint NetworkNamespace { get; init; }

    /// <summary>Cookie of its network namespace; 0 where it is not known.</summary>
    public required ulong NetworkNamespaceCookie { get; init; }

    /// <summary>Whether it is in a sockmap; null where it is not known.</summary>
    public required bool? IsInSockmap { get; init; }

    /// <summary>Whether one of the ends has a protocol on top of TCP (kTLS, MPTCP), which keeps it out; null where it is not known.</summary>
    public required bool? HasUpperProtocol { get; init; }

    /// <summary>The process that holds the other end; of several this very process, or else the one with the lowest id.</summary>
    public required int RemoteProcessId { get; init; }

    /// <summary>Its name.</summary>
    public required string RemoteProcessName { get; init; }

    /// <summary>Number of its descriptor.</summary>
    public required int RemoteDescriptor { get; init; }

    /// <summary>All processes that hold the other end, in rising order.</summary>
    public required IReadOnlyList<int> RemoteProcessIds { get; init; }

    /// <summary>Their names, in the same order.</summary>
    public required IReadOnlyList<string> RemoteProcessNames { get; init; }

    /// <summary>Cookie of the other end's socket.</summary>
    public required ulong RemoteCookie { get; init; }

    /// <summary>Its inode.</summary>
    public required ulong RemoteInode { get; init; }

    /// <summary>Id of the cgroup v2 that it was made in; 0 where it is not known.</summary>
    public required ulong RemoteCgroupId { get; init; }

    /// <summary>Folder of that cgroup; null where it is gone or out of sight.</summary>
    public string? RemoteCgroup { get; init; }

    /// <summary>Id of the user that made it.</summary>
    public required uint RemoteUserId { get; init; }

    /// <summary>Inode number of its network namespace.</summary>
    public required uint RemoteNetworkNamespace { get; init; }

    /// <summary>Cookie of its network namespace; 0 where it is not known.</summary>
    public required ulong RemoteNetworkNamespaceCookie { get; init; }

    /// <summary>Whether it is in a sockmap; null where it is not known.</summary>
    public required bool? RemoteIsInSockmap { get; init; }

    /// <summary>Whether a filter means one of the two ends.</summary>
    public bool HasEnd(EntryFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return filter.Matches(new CandidateEnd(this, isConnecting: true)) || filter.Matches(new CandidateEnd(this, isConnecting: false));
    }
}
