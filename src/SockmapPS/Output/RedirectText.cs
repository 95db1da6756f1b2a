using System.Globalization;

namespace SockmapPS.Output;

/// <summary>Names the ends of redirects for people; the table views use it.</summary>
public static class RedirectText
{
    /// <summary>An end, such as <c>Tcp 127.0.0.1:6379</c> or <c>UnixStream 48211</c>.</summary>
    /// <param name="kind">Its kind, or that as text where it came from another session.</param>
    /// <param name="address">Its own address; null for a socket that is not of IP.</param>
    /// <param name="port">Its own port.</param>
    /// <param name="inode">Its inode.</param>
    public static string End(object? kind, object? address, int port, ulong inode) => address is null or ""
        ? string.Create(CultureInfo.InvariantCulture, $"{kind} {inode}")
        : $"{kind} {ConnectionText.EndPoint(address, port)}";
}
