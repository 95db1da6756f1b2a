using System.Net;
using System.Net.Sockets;
using Sockmap.TestKit.Interop;

namespace Sockmap.TestKit.Traffic;

/// <summary>Connects one socket to another end, as connect(2) can; .NET takes a new socket for that.</summary>
public static class Reconnection
{
    private static readonly byte[] Unspecified = new byte[16];

    /// <exception cref="Sockmap.Traffic.Interop.SystemCallException">The kernel refuses.</exception>
    public static void Reconnect(Socket socket, EndPoint remote)
    {
        int descriptor = (int)socket.Handle;
        SocketAddress address = remote.Serialize();

        // AF_UNSPEC ends the connection and keeps the socket.
        Errors.Check(LibC.connect(descriptor, Unspecified, Unspecified.Length), "connect(AF_UNSPEC)");
        Errors.Check(LibC.connect(descriptor, address.Buffer.Span[..address.Size], address.Size), $"connect({remote})");
    }
}
