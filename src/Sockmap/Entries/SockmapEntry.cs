using System.Net;
using Sockmap.Filters;

namespace Sockmap.Entries;

/// <summary>
/// One socket in a bypass's SOCKHASH. A connection has two, one for each end; the counters are those of what this end
/// sends.
/// </summary>
public sealed record SockmapEntry : IConnectionEnd
{
    /// <summary>The bypass that it is in.</summary>
    public required string Bypass { get; init; }

    /// <summary>IPv4 (v4-mapped included) or IPv6.</summary>
    public required AddressFamilies Family { get; init; }

    /// <summary>This end's address.</summary>
    public required IPAddress LocalAddress { get; init; }

    /// <summary>This end's port, host order.</summary>
    public required int LocalPort { get; init; }

    /// <summary>The other end's address.</summary>
    public required IPAddress RemoteAddress { get; init; }

    /// <summary>The other end's port, host order.</summary>
    public required int RemotePort { get; init; }

    /// <summary>TCP state of the socket.</summary>
    public SocketState State { get; init; }

    /// <summary>This end connected; the other one accepted.</summary>
    public bool IsClient { get; init; }

    /// <summary>Which way this end's messages take.</summary>
    public EntryPath Path { get; init; }

    /// <summary>Which way the other end's messages to this one take; null where the other end is not in the map.</summary>
    public EntryPath? ReceivePath { get; init; }

    /// <summary>Why the last of this end's messages that went over TCP did; None where none did.</summary>
    public SockmapReason Reason { get; init; }

    /// <summary>Messages that this end sent past TCP.</summary>
    public ulong RedirectedMessages { get; init; }

    /// <summary>Bytes that this end sent past TCP.</summary>
    public ulong RedirectedBytes { get; init; }

    /// <summary>Messages that this end sent over TCP since it is in the map.</summary>
    public ulong TcpMessages { get; init; }

    /// <summary>Bytes that this end sent over TCP since it is in the map.</summary>
    public ulong TcpBytes { get; init; }

    /// <summary>Those of the TCP messages that went there since the receiver's queue was full.</summary>
    public ulong SpilledMessages { get; init; }

    /// <summary>Redirected bytes that wait in this socket to be read.</summary>
    public ulong QueuedBytes { get; init; }

    /// <summary>When this end's last message was sent, local time, to some milliseconds; when it came in where none was.</summary>
    public DateTime? LastUsed { get; init; }

    /// <summary>When the socket came in, local time.</summary>
    public DateTime? JoinedAt { get; init; }

    /// <summary>The connection was established when it was put in.</summary>
    public bool WasAdded { get; init; }

    /// <summary>The socket is being taken out.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>Ids of the processes that hold the socket; empty where none does, or where they were not asked for.</summary>
    public IReadOnlyList<int> ProcessId { get; init; } = [];

    /// <summary>Names of these processes (/proc/PID/comm), in the same order.</summary>
    public IReadOnlyList<string> ProcessName { get; init; } = [];

    /// <summary>Cookie of the other end's socket; null where it is not in the map.</summary>
    public ulong? PeerCookie { get; init; }

    /// <summary>Ids of the processes that hold the other end's socket.</summary>
    public IReadOnlyList<int> PeerProcessId { get; init; } = [];

    /// <summary>Names of these processes.</summary>
    public IReadOnlyList<string> PeerProcessName { get; init; } = [];

    /// <summary>Folder of the cgroup that the socket was made in; null where it is gone or out of sight.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of that cgroup.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>The socket's cookie (SO_COOKIE).</summary>
    public ulong Cookie { get; init; }

    /// <summary>Inode of the socket, as in /proc/PID/fd; 0 where no process holds it any more.</summary>
    public ulong Inode { get; init; }

    /// <summary>Inode number of the socket's network namespace, as in /proc/PID/ns/net.</summary>
    public uint NetworkNamespace { get; init; }

    /// <summary>Cookie of the socket's network namespace (SO_NETNS_COOKIE).</summary>
    public ulong NetworkNamespaceCookie { get; init; }

    /// <summary>Id of the user that made the socket.</summary>
    public uint UserId { get; init; }
}
