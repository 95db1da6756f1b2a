using System.Net;
using Sockmap.Traffic.Interop;
using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Sockets;

/// <summary>
/// A client socket before it is connected. Its port is known before the first byte is made, since the bytes depend on it and
/// with fast open they go with the SYN.
/// </summary>
internal sealed class RawConnector
{
    private readonly SocketHandle _handle;
    private readonly IPEndPoint _server;
    private readonly bool _poll;

    public RawConnector(IPEndPoint server, TrafficOptions options)
    {
        _server = server;
        _poll = options.Io == IoKind.Poll;
        _handle = RawCalls.Create(server.AddressFamily);
        RawCalls.SetBuffers(_handle, options.SendBuffer, options.ReceiveBuffer);
        RawCalls.SetOption(_handle, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1);
        IPAddress any = server.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        RawCalls.Bind(_handle, new IPEndPoint(any, options.LocalPort));
        LocalPort = RawCalls.LocalOf(_handle).Port;
    }

    public int LocalPort { get; }

    public StreamSocket Connect()
    {
        SocketAddress address = _server.Serialize();
        // An interrupted connect goes on by itself and a second call would say EALREADY; nothing here installs handlers without SA_RESTART.
        return LibC.connect(_handle, address.Buffer.Span, address.Size) == 0
            ? new RawStreamSocket(_handle, _poll)
            : throw RawCalls.Failed($"connect({_server})");
    }

    /// <summary>Connects with MSG_FASTOPEN; <paramref name="sent"/> is the number of bytes that the kernel took.</summary>
    public StreamSocket Connect(ReadOnlySpan<byte> withSyn, out int sent)
    {
        SocketAddress address = _server.Serialize();
        nint result = LibC.sendto(_handle, withSyn, withSyn.Length, LibC.MSG_FASTOPEN | LibC.MSG_NOSIGNAL, address.Buffer.Span, address.Size);
        if (result < 0)
        {
            throw RawCalls.Failed($"sendto({_server}, MSG_FASTOPEN)");
        }

        sent = (int)result;

        // sendto may be back before the handshake is over, and getpeername and TCP_INFO speak the truth only after it.
        RawCalls.Poll(_handle, LibC.POLLOUT, -1);
        Span<byte> info = stackalloc byte[8];
        int length = info.Length;
        // struct tcp_info (linux/tcp.h): tcpi_options is byte 5.
        bool confirmed = LibC.getsockopt(_handle, LibC.IPPROTO_TCP, LibC.TCP_INFO, info, ref length) == 0
            ? (info[5] & LibC.TCPI_OPT_SYN_DATA) != 0
            : throw RawCalls.Failed("getsockopt(TCP_INFO)");
        return new RawStreamSocket(_handle, _poll, confirmed);
    }
}
