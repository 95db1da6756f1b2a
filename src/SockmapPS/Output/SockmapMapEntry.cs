using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Sockmap.Entries;

namespace SockmapPS.Output;

/// <summary>One entry of a sockmap of anybody's, with the socket in it and who holds that; flat so that it survives remoting.</summary>
[SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "Bytes are arrays in PowerShell.")]
public sealed class SockmapMapEntry : IConnectionEnd
{
    /// <summary>Id of the map.</summary>
    public required uint MapId { get; init; }

    /// <summary>Its name; empty where it has none.</summary>
    public required string MapName { get; init; }

    /// <summary>SockMap or SockHash; a string, which remoting keeps.</summary>
    public required string MapType { get; init; }

    /// <summary>The key: an object with a property for each member where the map has BTF, a number for an index, else bytes.</summary>
    public required object? Key { get; init; }

    /// <summary>The key's bytes.</summary>
    public required byte[] KeyBytes { get; init; }

    /// <summary>The socket's protocol.</summary>
    public required ProtocolType Protocol { get; init; }

    /// <inheritdoc />
    public required IPAddress? LocalAddress { get; init; }

    /// <inheritdoc />
    public required int LocalPort { get; init; }

    /// <inheritdoc />
    public required IPAddress? RemoteAddress { get; init; }

    /// <inheritdoc />
    public required int RemotePort { get; init; }

    /// <inheritdoc />
    public required SocketState State { get; init; }

    /// <summary>Redirected bytes that wait in the socket to be read; null where it is not known.</summary>
    public required uint? QueuedBytes { get; init; }

    /// <inheritdoc />
    public required IReadOnlyList<int> ProcessId { get; init; }

    /// <inheritdoc />
    public required IReadOnlyList<string> ProcessName { get; init; }

    /// <inheritdoc />
    public required string? Cgroup { get; init; }

    /// <summary>Id of that cgroup; 0 where it is not known.</summary>
    public required ulong CgroupId { get; init; }

    /// <summary>The socket's cookie (SO_COOKIE); 0 where it is not known.</summary>
    public required ulong Cookie { get; init; }

    /// <summary>Inode of the socket, as in /proc/PID/fd; 0 where no process holds it, or where it is not known.</summary>
    public required ulong Inode { get; init; }

    /// <summary>Inode number of its network namespace, as in /proc/PID/ns/net; 0 where it is not known.</summary>
    public required uint NetworkNamespace { get; init; }

    /// <summary>Cookie of its network namespace (SO_NETNS_COOKIE); 0 where it is not known.</summary>
    public required ulong NetworkNamespaceCookie { get; init; }

    /// <summary>Id of the user that made the socket.</summary>
    public required uint UserId { get; init; }
}
