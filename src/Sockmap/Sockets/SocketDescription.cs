using System.Net;
using System.Net.Sockets;
using Sockmap.Entries;
using Sockmap.Filters;

namespace Sockmap.Sockets;

/// <summary>A socket of this host, as it was when it was listed.</summary>
public record SocketDescription
{
    /// <summary>Its cookie (SO_COOKIE), which no other socket has as long as the machine runs; 0 where it is not known.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Its inode, as in /proc/PID/fd; 0 where no process holds it, or where it is not known.</summary>
    public ulong Inode { get; init; }

    /// <summary>Its family; Unknown for those that .NET does not know, such as VSOCK.</summary>
    public AddressFamily Family { get; init; }

    /// <summary>What its addresses are: IPv4 (v4-mapped included) or IPv6; None where it is no socket of IP.</summary>
    public AddressFamilies AddressFamily => LocalAddress is null ? AddressFamilies.None : AddressRange.FamilyOf(LocalAddress);

    /// <summary>Its type.</summary>
    public SocketType Type { get; init; }

    /// <summary>Its protocol, as IPPROTO_* number it.</summary>
    public ProtocolType Protocol { get; init; }

    /// <summary>State of a TCP socket; else Unknown.</summary>
    public SocketState State { get; init; }

    /// <summary>This end's address, v4-mapped ones as IPv4; null for a socket that is not of IP.</summary>
    public IPAddress? LocalAddress { get; init; }

    /// <summary>This end's port, host order.</summary>
    public int LocalPort { get; init; }

    /// <summary>The other end's address, v4-mapped ones as IPv4; any address (0.0.0.0, ::) where it is not connected; null for a socket that is not of IP.</summary>
    public IPAddress? RemoteAddress { get; init; }

    /// <summary>The other end's port, host order; 0 where it is not connected.</summary>
    public int RemotePort { get; init; }

    /// <summary>Id of the user that made the socket.</summary>
    public uint UserId { get; init; }

    /// <summary>Id of the cgroup v2 that it was made in; 0 where it is not known.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>Inode number of its network namespace, as in /proc/PID/ns/net; 0 where it is not known.</summary>
    public uint NetworkNamespace { get; init; }

    /// <summary>Cookie of its network namespace (SO_NETNS_COOKIE); 0 where it is not known.</summary>
    public ulong NetworkNamespaceCookie { get; init; }

    /// <summary>Whether it is in a sockmap of anybody's; null where it is not known.</summary>
    public bool? IsInSockmap { get; init; }

    /// <summary>Whether a protocol sits on top of TCP in the kernel (ULP: kTLS, MPTCP); null where it is not known.</summary>
    public bool? HasUpperProtocol { get; init; }
}
