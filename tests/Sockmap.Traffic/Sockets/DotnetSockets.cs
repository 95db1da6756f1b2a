using System.Net;
using System.Net.Sockets;
using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Sockets;

/// <summary>Makes System.Net.Sockets sockets as the options say.</summary>
internal static class DotnetSockets
{
    public static Socket Create(AddressFamily family, TrafficOptions options)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (options.SendBuffer > 0)
        {
            socket.SendBufferSize = options.SendBuffer;
        }

        if (options.ReceiveBuffer > 0)
        {
            socket.ReceiveBufferSize = options.ReceiveBuffer;
        }

        return socket;
    }

    public static StreamSocket Connect(IPEndPoint server, TrafficOptions options)
    {
        Socket socket = Create(server.AddressFamily, options);
        if (server.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        if (options.LocalPort != 0)
        {
            socket.Bind(new IPEndPoint(server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, options.LocalPort));
        }

        socket.Connect(server);
        return new DotnetStreamSocket(socket);
    }
}
