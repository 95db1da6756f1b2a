using System.Net;
using System.Net.Sockets;
using Sockmap.Interop;

namespace Sockmap.Sockets.Layout;

/// <summary>The kernel's numbers of address families, which .NET numbers otherwise.</summary>
internal static class Families
{
    // .NET knows AF_VSOCK no name; its sockets say Unknown.
    public static AddressFamily ToDotnet(int family) => family switch
    {
        SocketConstants.AF_UNIX => AddressFamily.Unix,
        SocketConstants.AF_INET => AddressFamily.InterNetwork,
        SocketConstants.AF_INET6 => AddressFamily.InterNetworkV6,
        _ => AddressFamily.Unknown,
    };

    /// <summary>The kernel's number of a family; VSOCK's for those that .NET does not know, as we list no other.</summary>
    public static int ToKernel(AddressFamily family) => family switch
    {
        AddressFamily.Unix => SocketConstants.AF_UNIX,
        AddressFamily.InterNetwork => SocketConstants.AF_INET,
        AddressFamily.InterNetworkV6 => SocketConstants.AF_INET6,
        _ => SocketConstants.AF_VSOCK,
    };

    /// <summary>A v4-mapped address as IPv4, any other as it is.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
