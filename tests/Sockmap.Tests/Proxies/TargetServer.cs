using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sockmap.Tests.Proxies;

/// <summary>What a proxy connects to.</summary>
internal sealed class TargetServer : IDisposable
{
    private readonly Socket _listener;
    private readonly string? _path;

    public TargetServer()
        : this(new IPEndPoint(IPAddress.Loopback, 0))
    {
    }

    public TargetServer(EndPoint endPoint)
    {
        _path = endPoint is UnixDomainSocketEndPoint unix ? unix.ToString() : null;
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        _listener.Bind(endPoint);
        _listener.Listen(512);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public string Address => _path is not null ? "unix:" + _path : _listener.LocalEndPoint!.ToString()!;

    public Socket Accept()
    {
        Assert.True(_listener.Poll(TimeSpan.FromSeconds(20), SelectMode.SelectRead), "No connection came.");
        Socket socket = _listener.Accept();
        socket.ReceiveTimeout = socket.SendTimeout = 20_000;
        if (_path is null)
        {
            socket.NoDelay = true;
        }

        return socket;
    }

    public void Dispose()
    {
        _listener.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    /// <summary>A port on which nobody listens now.</summary>
    public static string Nobody()
    {
        using TargetServer server = new();
        return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}");
    }
}
