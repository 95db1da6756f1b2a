using System.Net;
using Sockmap.Filters;

namespace Sockmap.Entries;

/// <summary>
/// One socket in a bypass's SOCKHASH. A connection has two, one for each end; the counters are those of what this end
/// sends.
/// </summary>
public sealed record SockmapEntry
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

    /// <summary>Which way this end's messages take.</summary>
    public EntryPath Path { get; init; }

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

    /// <summary>The socket's cookie (SO_COOKIE).</summary>
    public ulong Cookie { get; init; }

    /// <summary>Inode of the socket, as in /proc/PID/fd; 0 where no process holds it any more.</summary>
    public ulong Inode { get; init; }

    /// <summary>Cookie of the socket's network namespace (SO_NETNS_COOKIE).</summary>
    public ulong NetworkNamespaceCookie { get; init; }

    /// <summary>Id of the user that made the socket.</summary>
    public uint UserId { get; init; }
}
