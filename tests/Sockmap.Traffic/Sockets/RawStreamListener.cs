using System.Net;
using System.Runtime.InteropServices;
using Sockmap.Traffic.Interop;
using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Sockets;

/// <summary>A listener over the C library.</summary>
internal sealed class RawStreamListener : StreamListener
{
    private const int DeferAcceptSeconds = 5;

    private readonly SocketHandle _handle;
    private readonly bool _poll;

    public RawStreamListener(IPEndPoint endPoint, TrafficOptions options)
    {
        _poll = options.Io == IoKind.Poll;
        _handle = RawCalls.Create(endPoint.AddressFamily);
        RawCalls.SetOption(_handle, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1);
        // Before listen, so that accepted sockets inherit them and the window is right from the SYN on.
        RawCalls.SetBuffers(_handle, options.SendBuffer, options.ReceiveBuffer);
        if (endPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            RawCalls.SetOption(_handle, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, options.Family == SocketFamily.V6 ? 1 : 0);
        }

        if (options.DeferAccept)
        {
            RawCalls.SetOption(_handle, LibC.IPPROTO_TCP, LibC.TCP_DEFER_ACCEPT, DeferAcceptSeconds);
        }

        if (options.FastOpen)
        {
            RawCalls.SetOption(_handle, LibC.IPPROTO_TCP, LibC.TCP_FASTOPEN, Math.Max(16, options.Connections));
        }

        RawCalls.Bind(_handle, endPoint);
        if (LibC.listen(_handle, Math.Max(16, options.Connections)) < 0)
        {
            throw RawCalls.Failed($"listen({endPoint})");
        }

        Port = RawCalls.LocalOf(_handle).Port;
    }

    public override int Port { get; }

    public override bool Poll(int timeoutMs) => RawCalls.Poll(_handle, LibC.POLLIN, timeoutMs);

    public override StreamSocket Accept()
    {
        while (true)
        {
            int descriptor = LibC.accept4(_handle, 0, 0, LibC.SOCK_CLOEXEC | (_poll ? LibC.SOCK_NONBLOCK : 0));
            if (descriptor >= 0)
            {
                return new RawStreamSocket(new SocketHandle(descriptor), _poll);
            }

            if (Marshal.GetLastPInvokeError() != LibC.EINTR)
            {
                throw RawCalls.Failed("accept4");
            }
        }
    }

    protected override void Dispose(bool disposing) => _handle.Dispose();
}
