using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Bpf.Features;
using Sockmap.Entries;
using Sockmap.Interop;
using Sockmap.Sockets.Layout;

namespace Sockmap.Sockets.Procfs;

/// <summary>The sockets of the calling thread's network namespace, by sock_diag(7).</summary>
internal sealed class SocketDiagnostics : IDisposable
{
    private const string Operation = "Listing sockets (NETLINK_SOCK_DIAG)";
    private const int BufferSize = 256 * 1024;
    private const int HeaderSize = 16;
    private const int AttributeHeaderSize = 4;

    // include/uapi/linux/inet_diag.h: struct inet_diag_req_v2, struct inet_diag_msg
    private const int InetRequestSize = 56;
    private const int InetMessageSize = 72;
    private const uint AllStates = uint.MaxValue;

    // include/uapi/linux/unix_diag.h: struct unix_diag_req, struct unix_diag_msg
    private const int UnixRequestSize = 24;
    private const int UnixMessageSize = 16;

    private readonly SafeSocketDescriptor _netlink;
    private readonly uint _namespace;
    private readonly ulong _namespaceCookie;
    private readonly bool _isNetworkAdministrator = ProcessCapabilities.Read().Has(LinuxCapability.NetAdmin);
    private readonly byte[] _buffer = new byte[BufferSize];

    private SocketDiagnostics(uint networkNamespace)
    {
        int descriptor = SocketCalls.Socket(SocketConstants.AF_NETLINK, SocketConstants.SOCK_RAW, SocketConstants.NETLINK_SOCK_DIAG);
        _netlink = descriptor >= 0 ? new SafeSocketDescriptor(descriptor) : throw new BpfException(Operation, -descriptor);
        _namespace = networkNamespace;
        try
        {
            _namespaceCookie = SocketQuery.GetNetworkNamespaceCookie(_netlink);
        }
        catch (SocketAccessException)
        {
            // Before 5.14 it cannot be asked; 0 says that it is not known.
        }
    }

    /// <summary>All sockets.</summary>
    /// <param name="networkNamespace">Inode number of the namespace that the thread is in.</param>
    /// <param name="anyProtocol">Those of UDP and UNIX besides those of TCP.</param>
    /// <param name="log">Takes a line for a protocol that the kernel cannot list.</param>
    /// <exception cref="BpfException">The kernel refused; ENOENT: it is built without INET_TCP_DIAG.</exception>
    public static List<SocketDescription> Read(uint networkNamespace, bool anyProtocol, Action<string>? log)
    {
        using SocketDiagnostics diagnostics = new(networkNamespace);
        List<SocketDescription> found = [];
        diagnostics.ReadInet(SocketConstants.AF_INET, ProtocolType.Tcp, found);
        diagnostics.ReadInet(SocketConstants.AF_INET6, ProtocolType.Tcp, found);
        if (anyProtocol)
        {
            Try("UDP", () => diagnostics.ReadInet(SocketConstants.AF_INET, ProtocolType.Udp, found), log);
            Try("UDP over IPv6", () => diagnostics.ReadInet(SocketConstants.AF_INET6, ProtocolType.Udp, found), log);
            Try("UNIX", () => diagnostics.ReadUnix(found), log);
        }

        return found;
    }

    // Each is a module of its own (udp_diag, unix_diag), which may be missing.
    private static void Try(string what, Action read, Action<string>? log)
    {
        try
        {
            read();
        }
        catch (BpfException exception) when (exception.Errno == Errno.ENOENT)
        {
            log?.Invoke($"The sockets of {what} cannot be listed: {exception.Message}");
        }
    }

    public void Dispose() => _netlink.Dispose();

    private delegate SocketDescription? MessageReader(ReadOnlySpan<byte> message);

    private void ReadInet(int family, ProtocolType protocol, List<SocketDescription> found)
    {
        Span<byte> request = stackalloc byte[HeaderSize + InetRequestSize];
        request.Clear();
        request[HeaderSize] = (byte)family;
        request[HeaderSize + 1] = (byte)protocol;

        // Only who asks for struct tcp_info is told of an upper layer protocol (inet_sk_diag_fill in net/ipv4/inet_diag.c).
        request[HeaderSize + 2] = 1 << (SocketConstants.INET_DIAG_INFO - 1);
        MemoryMarshal.Write(request[(HeaderSize + 4)..], AllStates);
        Dump(request, found, message => ReadInetMessage(message, protocol));
    }

    private void ReadUnix(List<SocketDescription> found)
    {
        Span<byte> request = stackalloc byte[HeaderSize + UnixRequestSize];
        request.Clear();
        request[HeaderSize] = SocketConstants.AF_UNIX;
        MemoryMarshal.Write(request[(HeaderSize + 4)..], AllStates);
        MemoryMarshal.Write(request[(HeaderSize + 12)..], SocketConstants.UDIAG_SHOW_UID);
        Dump(request, found, ReadUnixMessage);
    }

    private void Dump(Span<byte> request, List<SocketDescription> found, MessageReader read)
    {
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], (ushort)SocketConstants.SOCK_DIAG_BY_FAMILY);
        MemoryMarshal.Write(request[6..], (ushort)(SocketConstants.NLM_F_REQUEST | SocketConstants.NLM_F_DUMP));
        ThrowIfFailed(SocketCalls.Send(_netlink, request, 0));
        while (true)
        {
            ReadOnlySpan<byte> messages = _buffer.AsSpan(0, ThrowIfFailed(SocketCalls.Recv(_netlink, _buffer, 0)));
            while (messages.Length >= HeaderSize)
            {
                int size = MemoryMarshal.Read<int>(messages);
                if (size < HeaderSize || size > messages.Length)
                {
                    throw new InvalidDataException($"{Operation}: a netlink message says that it has {size} of {messages.Length} bytes.");
                }

                ReadOnlySpan<byte> body = messages[HeaderSize..size];
                switch (MemoryMarshal.Read<ushort>(messages[4..]))
                {
                    case SocketConstants.NLMSG_DONE:
                        return;
                    case SocketConstants.NLMSG_ERROR:
                        throw Refusal(body.Length >= sizeof(int) ? -MemoryMarshal.Read<int>(body) : Errno.EINVAL);
                    case SocketConstants.SOCK_DIAG_BY_FAMILY when read(body) is { } socket:
                        found.Add(socket);
                        break;
                    default:
                        break;
                }

                messages = messages[Math.Min(Align(size), messages.Length)..];
            }
        }
    }

    private static BpfException Refusal(int errno) => new(
        errno == Errno.ENOENT ? $"{Operation}, whose module is not loaded (modprobe tcp_diag udp_diag unix_diag)" : Operation, errno);

    private SocketDescription? ReadInetMessage(ReadOnlySpan<byte> message, ProtocolType protocol)
    {
        if (message.Length < InetMessageSize)
        {
            return null;
        }

        int family = message[0];
        int addressLength = family == SocketConstants.AF_INET6 ? 16 : 4;
        SocketDescription socket = new()
        {
            Cookie = MemoryMarshal.Read<uint>(message[44..]) | ((ulong)MemoryMarshal.Read<uint>(message[48..]) << 32),
            Inode = MemoryMarshal.Read<uint>(message[68..]),
            Family = Families.ToDotnet(family),
            Type = protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram,
            Protocol = protocol,
            State = protocol == ProtocolType.Tcp ? (SocketState)message[1] : SocketState.Unknown,
            LocalAddress = Families.Plain(new IPAddress(message.Slice(8, addressLength))),
            LocalPort = BinaryPrimitives.ReadUInt16BigEndian(message[4..]),
            RemoteAddress = Families.Plain(new IPAddress(message.Slice(24, addressLength))),
            RemotePort = BinaryPrimitives.ReadUInt16BigEndian(message[6..]),
            UserId = MemoryMarshal.Read<uint>(message[64..]),
            NetworkNamespace = _namespace,
            NetworkNamespaceCookie = _namespaceCookie,

            // Only an administrator of the network is told.
            HasUpperProtocol = _isNetworkAdministrator ? false : null,
        };
        ReadOnlySpan<byte> attributes = message[InetMessageSize..];
        while (Next(ref attributes, out int type, out ReadOnlySpan<byte> value))
        {
            socket = type switch
            {
                SocketConstants.INET_DIAG_CGROUP_ID when value.Length >= sizeof(ulong) => socket with { CgroupId = MemoryMarshal.Read<ulong>(value) },
                SocketConstants.INET_DIAG_ULP_INFO => socket with { HasUpperProtocol = true },
                _ => socket,
            };
        }

        return socket;
    }

    private SocketDescription? ReadUnixMessage(ReadOnlySpan<byte> message)
    {
        if (message.Length < UnixMessageSize)
        {
            return null;
        }

        SocketDescription socket = new()
        {
            Cookie = MemoryMarshal.Read<uint>(message[8..]) | ((ulong)MemoryMarshal.Read<uint>(message[12..]) << 32),
            Inode = MemoryMarshal.Read<uint>(message[4..]),
            Family = AddressFamily.Unix,
            Type = (SocketType)message[1],
            NetworkNamespace = _namespace,
            NetworkNamespaceCookie = _namespaceCookie,
            HasUpperProtocol = false,
        };
        ReadOnlySpan<byte> attributes = message[UnixMessageSize..];
        while (Next(ref attributes, out int type, out ReadOnlySpan<byte> value))
        {
            if (type == SocketConstants.UNIX_DIAG_UID && value.Length >= sizeof(uint))
            {
                socket = socket with { UserId = MemoryMarshal.Read<uint>(value) };
            }
        }

        return socket;
    }

    private static int ThrowIfFailed(int result) => result >= 0 ? result : throw new BpfException(Operation, -result);

    private static int Align(int size) => (size + 3) & ~3;

    private static bool Next(ref ReadOnlySpan<byte> attributes, out int type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (attributes.Length < AttributeHeaderSize)
        {
            return false;
        }

        int size = MemoryMarshal.Read<ushort>(attributes);
        if (size < AttributeHeaderSize || size > attributes.Length)
        {
            return false;
        }

        type = MemoryMarshal.Read<ushort>(attributes[2..]) & SocketConstants.NLA_TYPE_MASK;
        value = attributes[AttributeHeaderSize..size];
        attributes = attributes[Math.Min(Align(size), attributes.Length)..];
        return true;
    }
}
