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
        Disconnect(socket);
        Connect(socket, remote);
    }

    /// <summary>AF_UNSPEC ends the connection and keeps the socket.</summary>
    /// <exception cref="Sockmap.Traffic.Interop.SystemCallException">The kernel refuses.</exception>
    public static void Disconnect(Socket socket) =>
        Errors.Check(LibC.connect((int)socket.Handle, Unspecified, Unspecified.Length), "connect(AF_UNSPEC)");

    /// <summary>Connects a socket that .NET takes for connected.</summary>
    /// <exception cref="Sockmap.Traffic.Interop.SystemCallException">The kernel refuses.</exception>
    public static void Connect(Socket socket, EndPoint remote)
    {
        SocketAddress address = remote.Serialize();
        Errors.Check(LibC.connect((int)socket.Handle, address.Buffer.Span[..address.Size], address.Size), $"connect({remote})");
    }

    /// <summary>Listens on a socket that .NET takes for connected.</summary>
    /// <exception cref="Sockmap.Traffic.Interop.SystemCallException">The kernel refuses.</exception>
    public static void Listen(Socket socket) => Errors.Check(LibC.listen((int)socket.Handle, 1), "listen()");
}
