using System.Net;
using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Sockets;

/// <summary>Where a family listens and where it connects to.</summary>
internal static class EndPoints
{
    public static IPEndPoint Of(TrafficOptions options)
    {
        IPAddress address = options.Address ?? (options.Family == SocketFamily.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback);
        bool mapped = options.Family == SocketFamily.MappedBoth
            || options.Family == (options.Role == Role.Server ? SocketFamily.MappedServer : SocketFamily.MappedClient);
        return new IPEndPoint(mapped ? address.MapToIPv6() : address, options.Port);
    }
}
