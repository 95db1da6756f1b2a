using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Interop;

namespace Sockmap.Proxies;

/// <summary>
/// Where a proxy listens or connects to: <c>127.0.0.1:8080</c>, <c>[::1]:80</c>, <c>*:80</c> (listens on every address, of
/// IPv4 and IPv6), <c>unix:/run/app.sock</c>.
/// </summary>
public sealed record ProxyEndPoint
{
    /// <summary>What such an end looks like, for messages.</summary>
    public const string Forms = "127.0.0.1:8080, [::1]:80, *:80 to listen on every address, or unix:/run/app.sock";

    private const string UnixPrefix = "unix:";

    // struct sockaddr_un has room for 108 bytes, one of them the zero at the end.
    private const int LongestPath = 107;

    private ProxyEndPoint()
    {
    }

    /// <summary>The address; null for a UNIX socket and for every address.</summary>
    public IPAddress? Address { get; private init; }

    /// <summary>The port; 0 for a UNIX socket, and where the kernel is to choose one.</summary>
    public int Port { get; private init; }

    /// <summary>The UNIX socket's path; null for TCP.</summary>
    public string? Path { get; private init; }

    /// <summary>Whether it is a UNIX socket.</summary>
    [MemberNotNullWhen(true, nameof(Path))]
    public bool IsUnix => Path is not null;

    internal int Family => IsUnix ? SocketConstants.AF_UNIX
        : Address?.AddressFamily == AddressFamily.InterNetwork ? SocketConstants.AF_INET : SocketConstants.AF_INET6;

    /// <summary>Reads one of the <see cref="Forms"/>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ProxyEndPoint? endPoint)
    {
        endPoint = null;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            string path = text[UnixPrefix.Length..];
            bool fits = path.StartsWith('/') && System.Text.Encoding.UTF8.GetByteCount(path) <= LongestPath && !path.Contains('\0', StringComparison.Ordinal);
            endPoint = fits ? new ProxyEndPoint { Path = path } : null;
            return fits;
        }

        int colon = text.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        string host = text[..colon];
        if (string.Equals(host, "*", StringComparison.Ordinal))
        {
            endPoint = new ProxyEndPoint { Port = port };
            return true;
        }

        // An IPv6 address has colons of its own: without brackets nobody knows where it ends.
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed == host.Contains(':', StringComparison.Ordinal)
            && IPAddress.TryParse(bracketed ? host[1..^1] : host, out IPAddress? address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6) == bracketed
            && (bracketed || host.Count(letter => letter == '.') == 3))
        {
            endPoint = new ProxyEndPoint { Address = address, Port = port };
            return true;
        }

        return false;
    }

    /// <summary>The form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => this switch
    {
        { IsUnix: true } => UnixPrefix + Path,
        { Address: null } => string.Create(CultureInfo.InvariantCulture, $"*:{Port}"),
        _ => new IPEndPoint(Address, Port).ToString(),
    };

    /// <summary>The struct sockaddr.</summary>
    internal byte[] ToSocketAddress()
    {
        EndPoint endPoint = IsUnix ? new UnixDomainSocketEndPoint(Path) : new IPEndPoint(Address ?? IPAddress.IPv6Any, Port);
        SocketAddress address = endPoint.Serialize();
        return address.Buffer.Span[..address.Size].ToArray();
    }

    /// <summary>The text of a struct sockaddr that the kernel gave; empty for a UNIX socket without a name.</summary>
    internal static string Describe(ReadOnlySpan<byte> address)
    {
        SocketAddress copy = new((AddressFamily)0, Math.Max(address.Length, 2));
        address.CopyTo(copy.Buffer.Span);
        int family = BitConverter.ToUInt16(address);
        if (family == SocketConstants.AF_UNIX)
        {
            ReadOnlySpan<byte> path = address[2..];
            int end = path.IndexOf((byte)0);
            return path.Length == 0 ? string.Empty : UnixPrefix + System.Text.Encoding.UTF8.GetString(end < 0 ? path : path[..end]);
        }

        EndPoint any = family == SocketConstants.AF_INET ? new IPEndPoint(IPAddress.Any, 0) : new IPEndPoint(IPAddress.IPv6Any, 0);
        IPEndPoint known = (IPEndPoint)any.Create(copy);
        return (known.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(known.Address.MapToIPv4(), known.Port) : known).ToString();
    }
}
