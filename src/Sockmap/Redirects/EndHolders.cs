using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>The descriptors by which processes hold an end of a redirect.</summary>
internal static class EndHolders
{
    /// <summary>All of them, by the socket's cookie; none where nobody holds it any more.</summary>
    public static List<HeldSocket> Find(ulong cookie)
    {
        using SocketListing<HeldSocket> sockets = SocketHolders.Read(new SocketReadOptions { AnyProtocol = true });
        return [.. sockets.Where(socket => socket.Cookie == cookie)];
    }
}
