using System.Net;
using System.Net.Sockets;
using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Sockets;

/// <summary>A listener over System.Net.Sockets.</summary>
internal sealed class DotnetStreamListener : StreamListener
{
    private readonly Socket _socket;

    public DotnetStreamListener(IPEndPoint endPoint, TrafficOptions options)
    {
        _socket = DotnetSockets.Create(endPoint.AddressFamily, options);
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
        {
            _socket.DualMode = options.Family != SocketFamily.V6;
        }

        _socket.Bind(endPoint);
        _socket.Listen(Math.Max(16, options.Connections));
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public override int Port { get; }

    public override bool Poll(int timeoutMs) => _socket.Poll(TimeSpan.FromMilliseconds(timeoutMs), SelectMode.SelectRead);

    public override StreamSocket Accept() => new DotnetStreamSocket(_socket.Accept());

    protected override void Dispose(bool disposing) => _socket.Dispose();
}
