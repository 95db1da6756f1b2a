using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses;

/// <summary>
/// A proxy as sidecars are: it accepts what NAT leads to it, connects to the server and copies both ways. Its own connection
/// comes from the client's port, by which checked streams know each other.
/// </summary>
internal sealed class NatProxy : IDisposable
{
    private readonly TestNetworkNamespace _network;
    private readonly IPEndPoint _server;
    private readonly Socket _listener;
    private readonly Thread _acceptor;
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly ConcurrentBag<Thread> _copiers = [];

    public NatProxy(TestNetworkNamespace network, AddressFamily family, IPEndPoint server)
    {
        _network = network;
        _server = server;
        _listener = NatNetwork.Listen(network, NatNetwork.ProxyPort, family);
        _acceptor = Start(Accept);
    }

    public void Dispose()
    {
        // shutdown(2) ends what waits in accept() and recv(); close(2) alone would not.
        _listener.Shutdown(SocketShutdown.Both);
        _acceptor.Join();
        _listener.Dispose();
        foreach (Socket socket in _sockets)
        {
            ShutDown(socket, SocketShutdown.Both);
        }

        foreach (Thread copier in _copiers)
        {
            copier.Join();
        }

        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static Thread Start(Action action)
    {
        Thread thread = new(() => action()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void Copy(Socket from, Socket to)
    {
        byte[] buffer = new byte[65536];
        while (Receive(from, buffer) is > 0 and int count && TrySend(to, buffer.AsSpan(0, count)))
        {
        }

        ShutDown(to, SocketShutdown.Send);
    }

    private static int Receive(Socket from, byte[] buffer)
    {
        while (true)
        {
            int count = from.Receive(buffer, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                return count;
            }

            // A blocking socket in a sockmap may wake without data, which .NET takes for a timeout.
            if (error is not (SocketError.WouldBlock or SocketError.TimedOut))
            {
                return 0;
            }
        }
    }

    private static bool TrySend(Socket to, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int count = to.Send(bytes, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
            {
                return false;
            }

            bytes = bytes[count..];
        }

        return true;
    }

    private static void ShutDown(Socket socket, SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NotConnected)
        {
            // The other side has ended it already.
        }
    }

    private void Accept()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = _listener.Accept();
            }
            catch (SocketException)
            {
                // Dispose has shut the listener down.
                return;
            }

            Socket server = NatNetwork.Create(_network, _server.AddressFamily);
            server.ReceiveTimeout = 0;
            server.Bind(new IPEndPoint(_server.Address, ((IPEndPoint)client.RemoteEndPoint!).Port));
            server.Connect(_server);
            _sockets.Add(client);
            _sockets.Add(server);
            _copiers.Add(Start(() => Copy(client, server)));
            _copiers.Add(Start(() => Copy(server, client)));
        }
    }
}
