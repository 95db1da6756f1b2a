using System.Net;
using System.Net.Sockets;
using Sockmap.Sockets;

namespace Sockmap.Tests.Sockets;

/// <summary>Reads listings whole, by either way, never falling back.</summary>
internal static class Listing
{
    public static List<HeldSocket> Held(SocketSource source, params int[] processes)
    {
        using SocketListing<HeldSocket> listing = SocketHolders.Read(new SocketReadOptions { Source = source });
        Assert.Equal(source, listing.Source);
        return [.. listing.Where(socket => processes.Contains(socket.ProcessId)).OrderBy(socket => socket.ProcessId).ThenBy(socket => socket.Descriptor)];
    }

    public static HeldSocket One(int process, int descriptor) => Assert.Single(Held(SocketSource.Iterator, process), socket => socket.Descriptor == descriptor);

    /// <summary>What both ways can tell.</summary>
    public static HeldSocket Common(HeldSocket socket) => socket with { IsInSockmap = null };

    /// <summary>What both ways tell of a socket, whichever listing it is from.</summary>
    public static string Facts(SocketDescription socket) => string.Join(
        ' ',
        socket.Cookie,
        socket.Inode,
        socket.Family,
        socket.Type,
        socket.Protocol,
        socket.State,
        socket.LocalAddress,
        socket.LocalPort,
        socket.RemoteAddress,
        socket.RemotePort,
        socket.UserId,
        socket.CgroupId,
        socket.NetworkNamespace,
        socket.NetworkNamespaceCookie,
        socket.HasUpperProtocol);

    /// <summary>The descriptor of one of this process's sockets.</summary>
    public static int Descriptor(Socket socket) => (int)socket.Handle;

    public static Socket Listen(IPAddress address)
    {
        Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            listener.DualMode = true;
        }

        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        return listener;
    }
}
