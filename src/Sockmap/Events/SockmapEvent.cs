using System.Net;
using Sockmap.Entries;
using Sockmap.Filters;

namespace Sockmap.Events;

/// <summary>
/// Something that happened to one socket, one end of a connection. The totals are of what this end had sent in the bypass
/// by then.
/// </summary>
public sealed record SockmapEvent : IConnectionEnd
{
    /// <summary>When it happened in the kernel, local time.</summary>
    public required DateTime Time { get; init; }

    /// <summary>What happened.</summary>
    public required SockmapEventKind Kind { get; init; }

    /// <summary>The bypass.</summary>
    public required string Bypass { get; init; }

    /// <summary>IPv4 (v4-mapped included) or IPv6; None for <see cref="SockmapEventKind.Lost"/>.</summary>
    public AddressFamilies Family { get; init; }

    /// <summary>This end's address; null for <see cref="SockmapEventKind.Lost"/>.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>This end's port, host order.</summary>
    public int LocalPort { get; init; }

    /// <summary>The other end's address; null for <see cref="SockmapEventKind.Lost"/>.</summary>
    public IPAddress? RemoteAddress { get; init; }

    /// <summary>The other end's port, host order.</summary>
    public int RemotePort { get; init; }

    /// <summary>Why it failed, fell back or stays on TCP; else None.</summary>
    public SockmapReason Reason { get; init; }

    /// <summary>This end connected; the other one was accepted.</summary>
    public bool IsClient { get; init; }

    /// <summary>The socket's cookie (SO_COOKIE); 0 for one that the filters keep out and nobody asked for its cookie.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Path of the socket's cgroup; null where it is gone.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of the socket's cgroup.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>Ids of the processes that have the socket open; none where it was closed before it could be looked for.</summary>
    public IReadOnlyList<int> ProcessId { get; init; } = [];

    /// <summary>Their names, in the same order.</summary>
    public IReadOnlyList<string> ProcessName { get; init; } = [];

    /// <summary>Id of the user that made the socket.</summary>
    public uint UserId { get; init; }

    /// <summary>Messages that skipped TCP.</summary>
    public ulong RedirectedMessages { get; init; }

    /// <summary>Bytes that skipped TCP.</summary>
    public ulong RedirectedBytes { get; init; }

    /// <summary>Messages that went over TCP since the socket is in the bypass.</summary>
    public ulong TcpMessages { get; init; }

    /// <summary>Bytes that went over TCP since the socket is in the bypass.</summary>
    public ulong TcpBytes { get; init; }

    /// <summary>Those of the TCP messages that went there since the receiver's queue was full.</summary>
    public ulong SpilledMessages { get; init; }

    /// <summary>How many events were lost, for <see cref="SockmapEventKind.Lost"/>.</summary>
    public ulong LostEvents { get; init; }

    /// <inheritdoc/>
    SocketState IConnectionEnd.State => SocketState.Unknown;
}
