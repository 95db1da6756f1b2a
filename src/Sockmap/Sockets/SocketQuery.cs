using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Entries;
using Sockmap.Interop;

namespace Sockmap.Sockets;

/// <summary>Asks the kernel about a socket of which one has a descriptor, of any family.</summary>
public static class SocketQuery
{
    // struct sockaddr_storage
    private const int LargestAddress = 128;
    private const int PortOffset = 2;
    private const int AddressOffset4 = 4;
    private const int AddressOffset6 = 8;
    private const int ScopeOffset6 = 24;
    private const int AddressLength6 = 28;

    /// <summary>Its cookie (SO_COOKIE), which no other socket has as long as the machine runs.</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket.</exception>
    public static ulong GetCookie(SafeHandle socket) => GetOption<ulong>(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_COOKIE, "SO_COOKIE");

    /// <summary>The cookie of its network namespace (SO_NETNS_COOKIE, Linux 5.14).</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket, or the kernel does not know the option (KernelRefused, ENOPROTOOPT).</exception>
    public static ulong GetNetworkNamespaceCookie(SafeHandle socket) =>
        GetOption<ulong>(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_NETNS_COOKIE, "SO_NETNS_COOKIE");

    /// <summary>Its protocol (SO_PROTOCOL), as IPPROTO_* number it.</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket.</exception>
    public static ProtocolType GetProtocol(SafeHandle socket) =>
        (ProtocolType)GetOption<int>(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_PROTOCOL, "SO_PROTOCOL");

    /// <summary>Its type (SO_TYPE).</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket.</exception>
    public static SocketType GetSocketType(SafeHandle socket) =>
        (SocketType)GetOption<int>(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_TYPE, "SO_TYPE");

    /// <summary>Its family as AF_* number it (SO_DOMAIN): .NET has no word for some, such as VSOCK.</summary>
    internal static int GetDomain(SafeHandle socket) => GetOption<int>(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_DOMAIN, "SO_DOMAIN");

    /// <summary>Whether it has a peer (getpeername(2)).</summary>
    internal static bool IsConnected(SafeHandle socket)
    {
        Span<byte> address = stackalloc byte[LargestAddress];
        int result = SocketCalls.GetPeerName(socket, address);
        return result != -SocketConstants.ENOTCONN && Check(result, "getpeername") >= 0;
    }

    /// <summary>The state of a TCP socket (TCP_INFO).</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket, or none of TCP (KernelRefused).</exception>
    public static SocketState GetState(SafeHandle socket) =>
        (SocketState)GetOption<byte>(socket, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_INFO, "TCP_INFO");

    /// <summary>This end's address and port, v4-mapped ones as IPv4; null for a socket that is not of IP.</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket.</exception>
    public static IPEndPoint? GetLocalEndPoint(SafeHandle socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<byte> address = stackalloc byte[LargestAddress];
        return ToEndPoint(address, Check(SocketCalls.GetSocketName(socket, address), "getsockname"));
    }

    /// <summary>The other end's address and port, v4-mapped ones as IPv4; null for a socket that is not connected or not of IP.</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket.</exception>
    public static IPEndPoint? GetRemoteEndPoint(SafeHandle socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<byte> address = stackalloc byte[LargestAddress];
        int length = SocketCalls.GetPeerName(socket, address);
        return length == -SocketConstants.ENOTCONN ? null : ToEndPoint(address, Check(length, "getpeername"));
    }

    private static T GetOption<T>(SafeHandle socket, int level, int name, string title)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(socket);
        T value = default;
        Check(SocketCalls.GetSocketOption(socket, level, name, MemoryMarshal.AsBytes(new Span<T>(ref value))), $"getsockopt {title}");
        return value;
    }

    private static int Check(int result, string call) => result switch
    {
        >= 0 => result,
        -SocketConstants.ENOTSOCK => throw SocketAccessException.Of(SocketAccessError.NotASocket, "The descriptor is no socket.", call, SocketConstants.ENOTSOCK),
        _ => throw SocketAccessException.Of(SocketAccessError.KernelRefused, $"The socket could not be asked ({call}): {Errno.Describe(-result)}.", call, -result),
    };

    private static IPEndPoint? ToEndPoint(ReadOnlySpan<byte> address, int length)
    {
        if (length < sizeof(ushort))
        {
            return null;
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(address[PortOffset..]);
        switch (MemoryMarshal.Read<ushort>(address))
        {
            case SocketConstants.AF_INET:
                return new IPEndPoint(new IPAddress(address.Slice(AddressOffset4, 4)), port);
            case SocketConstants.AF_INET6 when length >= AddressLength6:
                IPAddress ip = new(address.Slice(AddressOffset6, 16), MemoryMarshal.Read<uint>(address[ScopeOffset6..]));
                return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, port);
            default:
                return null;
        }
    }
}
