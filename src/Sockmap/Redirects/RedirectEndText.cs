using System.Globalization;
using System.Net;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>Names sockets of redirects for people.</summary>
internal static class RedirectEndText
{
    public static string Describe(RedirectSocketKind kind, IPEndPoint? local, IPEndPoint? remote) =>
        $"{RedirectSocketKinds.Name(kind)} socket{Addresses(local, remote)}";

    public static string Describe(RedirectSocketKind kind, SocketDescription socket)
    {
        IPEndPoint? local = socket.LocalAddress is { } own ? new IPEndPoint(own, socket.LocalPort) : null;
        IPEndPoint? remote = socket.RemoteAddress is { } other && socket.RemotePort != 0 ? new IPEndPoint(other, socket.RemotePort) : null;
        return local is null
            ? string.Create(CultureInfo.InvariantCulture, $"{RedirectSocketKinds.Name(kind)} socket, inode {socket.Inode}")
            : Describe(kind, local, remote);
    }

    private static string Addresses(IPEndPoint? local, IPEndPoint? remote) =>
        (local, remote) switch
        {
            (null, _) => string.Empty,
            ({ } own, null) => $" {own}",
            ({ } own, { } other) => $" {own} to {other}",
        };
}
