using Sockmap.Filters;

namespace Sockmap.Bypasses;

/// <summary>A bypass as the kernel shows it: flat, and every value read from its pins, links and maps.</summary>
public sealed record BypassStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What the kernel holds of it.</summary>
    public required BypassState State { get; init; }

    /// <summary>True where <see cref="State"/> is Active and <see cref="Problem"/> is empty.</summary>
    public bool IsHealthy => State == BypassState.Active && Problem.Count == 0;

    /// <summary>What is wrong with it or worth knowing, one sentence each; empty where nothing is.</summary>
    public IReadOnlyList<string> Problem { get; init; } = [];

    /// <summary>Path of the cgroup; null where it is gone or out of sight.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of the cgroup.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>IPv4, IPv6, or both.</summary>
    public AddressFamilies Family { get; init; }

    /// <summary>Ports taken, such as <c>6379</c> and <c>8000-8100</c>; empty is every port.</summary>
    public IReadOnlyList<string> Port { get; init; } = [];

    /// <summary>Ports not taken.</summary>
    public IReadOnlyList<string> ExcludePort { get; init; } = [];

    /// <summary>Networks taken, in CIDR notation; empty is every address.</summary>
    public IReadOnlyList<string> Address { get; init; } = [];

    /// <summary>Networks not taken.</summary>
    public IReadOnlyList<string> ExcludeAddress { get; init; } = [];

    /// <summary>Pairs across network namespaces are taken too.</summary>
    public bool CrossNamespace { get; init; }

    /// <summary>Sockets stay also where TCP carries better what they send.</summary>
    public bool KeepSockets { get; init; }

    /// <summary>Connections that NAT leads to another socket of this host are taken too.</summary>
    public bool ThroughNat { get; init; }

    /// <summary>The verdict program that runs.</summary>
    public BypassVariant Variant { get; init; }

    /// <summary>Bytes that may wait unread before messages spill; 0 is 2 MiB.</summary>
    public uint QueueLimit { get; init; }

    /// <summary>Sockets in the map now.</summary>
    public int Entries { get; init; }

    /// <summary>Sockets that the map holds at most.</summary>
    public int MaxEntries { get; init; }

    /// <summary>When it was installed, local time.</summary>
    public DateTime InstalledAt { get; init; }

    /// <summary>Its folder on bpffs.</summary>
    public required string Path { get; init; }

    /// <summary>Root of the bpffs that it is on.</summary>
    public required string BpfFileSystem { get; init; }

    /// <summary>What is attached where, such as <c>sock_ops take_in (id 12) to cgroup /sys/fs/cgroup by link 7</c>.</summary>
    public IReadOnlyList<string> Attachment { get; init; } = [];

    /// <summary>Sockets taken in since the install.</summary>
    public ulong SocketsInserted { get; init; }

    /// <summary>Sockets that the filters kept out.</summary>
    public ulong SocketsFiltered { get; init; }

    /// <summary>Sockets kept out since their route leaves the host.</summary>
    public ulong SocketsRemote { get; init; }

    /// <summary>Sockets left on TCP since the map was full.</summary>
    public ulong SocketsMapFull { get; init; }

    /// <summary>Sockets left on TCP for another reason: the key taken, or the socket in a sockmap of somebody else.</summary>
    public ulong SocketsRefused { get; init; }

    /// <summary>Messages that skipped TCP.</summary>
    public ulong MessagesRedirected { get; init; }

    /// <summary>Bytes that skipped TCP.</summary>
    public ulong BytesRedirected { get; init; }

    /// <summary>Messages of sockets in the map that went over TCP.</summary>
    public ulong MessagesOverTcp { get; init; }

    /// <summary>Bytes of sockets in the map that went over TCP.</summary>
    public ulong BytesOverTcp { get; init; }

    /// <summary>Messages that went over TCP since the receiver's queue was full.</summary>
    public ulong MessagesSpilled { get; init; }

    /// <summary>Times that a direction went from TCP to redirected.</summary>
    public ulong DirectionsSwitched { get; init; }

    /// <summary>Messages refused with EACCES since their entry vanished while they were judged (a forced removal).</summary>
    public ulong MessagesRefused { get; init; }
}
