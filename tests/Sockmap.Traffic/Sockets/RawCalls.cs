using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Traffic.Interop;

namespace Sockmap.Traffic.Sockets;

/// <summary>The steps that listeners and connections share: EINTR is tried again, any other error throws.</summary>
internal static class RawCalls
{
    public static SocketHandle Create(AddressFamily family)
    {
        int domain = family == AddressFamily.InterNetworkV6 ? LibC.AF_INET6 : LibC.AF_INET;
        int descriptor = LibC.socket(domain, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0);
        return descriptor >= 0 ? new SocketHandle(descriptor) : throw Failed("socket");
    }

    public static void SetOption(SocketHandle socket, int level, int name, int value)
    {
        if (LibC.setsockopt(socket, level, name, in value, sizeof(int)) < 0)
        {
            throw Failed($"setsockopt(level {level}, option {name}, {value})");
        }
    }

    public static void SetBuffers(SocketHandle socket, int send, int receive)
    {
        if (send > 0)
        {
            SetOption(socket, LibC.SOL_SOCKET, LibC.SO_SNDBUF, send);
        }

        if (receive > 0)
        {
            SetOption(socket, LibC.SOL_SOCKET, LibC.SO_RCVBUF, receive);
        }
    }

    public static void Bind(SocketHandle socket, IPEndPoint endPoint)
    {
        SocketAddress address = endPoint.Serialize();
        if (LibC.bind(socket, address.Buffer.Span, address.Size) < 0)
        {
            throw Failed($"bind({endPoint})");
        }
    }

    public static IPEndPoint LocalOf(SocketHandle socket)
    {
        var address = new SocketAddress(AddressFamily.InterNetworkV6);
        int length = address.Size;
        return LibC.getsockname(socket, address.Buffer.Span, ref length) == 0 ? ToEndPoint(address) : throw Failed("getsockname");
    }

    public static IPEndPoint RemoteOf(SocketHandle socket)
    {
        var address = new SocketAddress(AddressFamily.InterNetworkV6);
        int length = address.Size;
        return LibC.getpeername(socket, address.Buffer.Span, ref length) == 0 ? ToEndPoint(address) : throw Failed("getpeername");
    }

    /// <summary>poll(2); true when any event, POLLHUP and POLLERR too, is there.</summary>
    public static bool Poll(SocketHandle socket, short events, int timeoutMs)
    {
        long end = Environment.TickCount64 + timeoutMs;
        while (true)
        {
            var descriptor = new PollDescriptor { fd = socket.Descriptor, events = events };
            int result = LibC.poll(ref descriptor, 1, timeoutMs < 0 ? -1 : (int)Math.Max(0, end - Environment.TickCount64));
            if (result >= 0)
            {
                return result > 0;
            }

            if (Marshal.GetLastPInvokeError() != LibC.EINTR)
            {
                throw Failed("poll");
            }
        }
    }

    public static SystemCallException Failed(string call) => new(call, Marshal.GetLastPInvokeError());

    private static IPEndPoint ToEndPoint(SocketAddress address)
    {
        // SocketAddress takes its family from the bytes, IPEndPoint.Create insists on its own.
        IPEndPoint kind = address.Family == AddressFamily.InterNetworkV6 ? new IPEndPoint(IPAddress.IPv6Any, 0) : new IPEndPoint(IPAddress.Any, 0);
        return (IPEndPoint)kind.Create(address);
    }
}
