using System.Net;
using System.Net.Sockets;

namespace Sockmap.Tests.Bypasses;

/// <summary>A connection over loopback whose both ends are this process's; reads wait ten seconds at most.</summary>
internal sealed class LocalConnection : IDisposable
{
    private const int Patience = 10_000;

    /// <summary>Connects to a listener, from a port of this host if one is given.</summary>
    public LocalConnection(Socket listener, int port = 0)
    {
        Client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = Patience };
        Client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        Client.Bind(new IPEndPoint(IPAddress.Loopback, port));
        Client.Connect(listener.LocalEndPoint!);
        Server = listener.Accept();
        Server.ReceiveTimeout = Patience;
    }

    private LocalConnection(Socket client, Socket server)
    {
        Client = client;
        Server = server;
    }

    public Socket Client { get; }

    public Socket Server { get; }

    public int ClientPort => ((IPEndPoint)Client.LocalEndPoint!).Port;

    /// <summary>Connects from a port that is not bound before: the kernel finds one sooner where thousands are taken.</summary>
    public static LocalConnection OfMany(Socket listener)
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = Patience };
        client.Connect(listener.LocalEndPoint!);
        return new LocalConnection(client, listener.Accept());
    }

    public static Socket Listen(int port = 0)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        return listener;
    }

    /// <summary>All that comes until so many bytes are there.</summary>
    public static byte[] Read(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            int more = socket.Receive(bytes, read, count - read, SocketFlags.None);
            Assert.True(more > 0, $"The connection ended after {read} of {count} bytes.");
            read += more;
        }

        return bytes;
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}
