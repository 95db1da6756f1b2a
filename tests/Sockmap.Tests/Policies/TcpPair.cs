using System.Net;
using System.Net.Sockets;
using Sockmap.TestKit.Placement;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Policies;

/// <summary>Both ends of a TCP connection, this process's; reads wait ten seconds at most.</summary>
internal sealed class TcpPair : IDisposable
{
    private const int Patience = 10_000;

    private TcpPair(Socket client, Socket server)
    {
        Client = client;
        Server = server;
        Client.ReceiveTimeout = Server.ReceiveTimeout = Patience;
        Client.NoDelay = Server.NoDelay = true;
    }

    public Socket Client { get; }

    public Socket Server { get; }

    public int ServerPort => ((IPEndPoint)Server.LocalEndPoint!).Port;

    /// <summary>Connects over loopback in a family.</summary>
    public static TcpPair Connect(SocketFamily family = SocketFamily.V4)
    {
        bool isV6 = family == SocketFamily.V6;
        bool isServerV6 = isV6 || family is SocketFamily.MappedServer or SocketFamily.MappedBoth;
        bool isClientV6 = isV6 || family is SocketFamily.MappedClient or SocketFamily.MappedBoth;
        using Socket listener = new(isServerV6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(AnyOf(listener), 0));
        listener.Listen();
        Socket client = new(isClientV6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _ = AnyOf(client);
        IPAddress address = isV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        client.Connect(new IPEndPoint(isClientV6 ? address.MapToIPv6() : address, ((IPEndPoint)listener.LocalEndPoint!).Port));
        return new TcpPair(client, listener.Accept());
    }

    /// <summary>Connects to an address of this host or namespace.</summary>
    public static TcpPair Connect(IPAddress address, int port = 0, IPAddress? from = null)
    {
        using Socket listener = Listen(address, port);
        return Connect(listener, from);
    }

    /// <summary>Connects to a listener, from a network namespace if one is given.</summary>
    public static TcpPair Connect(Socket listener, IPAddress? from = null, TestNetworkNamespace? place = null)
    {
        IPEndPoint to = (IPEndPoint)listener.LocalEndPoint!;
        Socket client = Create(to.AddressFamily, place);
        if (from is not null)
        {
            client.Bind(new IPEndPoint(from, 0));
        }

        client.Connect(to);
        return new TcpPair(client, listener.Accept());
    }

    /// <summary>Listens, in a network namespace if one is given.</summary>
    public static Socket Listen(IPAddress address, int port = 0, TestNetworkNamespace? place = null)
    {
        Socket listener = Create(address.AddressFamily, place);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(address, port));
        listener.Listen();
        return listener;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private static Socket Create(AddressFamily family, TestNetworkNamespace? place) =>
        place?.CreateSocket(family) ?? new Socket(family, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>The address that takes every one of the socket's family; one of IPv6 takes IPv4 too then.</summary>
    private static IPAddress AnyOf(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetwork)
        {
            return IPAddress.Any;
        }

        socket.DualMode = true;
        return IPAddress.IPv6Any;
    }
}
