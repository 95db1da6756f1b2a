using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Proxies;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Proxies;

/// <summary>A proxy in a thread of the test, on a bpffs of the test's own.</summary>
internal sealed class RunningProxy : IDisposable
{
    private readonly TestBpfFileSystem _bpf = TestBpfFileSystem.Mount();
    private readonly CancellationTokenSource _stop = new();
    private readonly ProxyServer _server;
    private readonly Thread _thread;
    private ProxyReport? _report;
    private Exception? _failure;

    public RunningProxy(ProxySettings settings)
    {
        try
        {
            _server = ProxyServer.Open(settings with { Name = "test" }, new ProxyServerOptions { BpfFileSystem = _bpf.Path });
        }
        catch
        {
            _bpf.Dispose();
            throw;
        }

        Manager = new ProxyManager(new ProxyManagerOptions { BpfFileSystem = _bpf.Path });
        _thread = new Thread(Run) { IsBackground = true, Name = "proxy" };
        _thread.Start();
    }

    public ProxyManager Manager { get; }

    public IReadOnlyList<string> Listening => _server.Listening;

    public ProxyStatus Status => Manager.Get("test");

    public IReadOnlyList<ProxyConnectionStatus> Connections => Manager.GetConnections("test");

    public string BpfFileSystem => _bpf.Path;

    public int Port => PortOf(_server.Listening[0]);

    public static ProxySettings From(string listen, params string[] to) => new() { Listen = [listen], To = to, StopTimeout = TimeSpan.Zero };

    public static ProxySettings ToPort(int port) => From("127.0.0.1:0", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"));

    public static int PortOf(string address) => int.Parse(address[(address.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

    /// <summary>A client of the proxy's first address.</summary>
    public Socket Connect()
    {
        string address = _server.Listening[0];
        Socket socket;
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(address[5..]));
        }
        else
        {
            IPEndPoint endPoint = IPEndPoint.Parse(address);
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(endPoint);
        }

        socket.ReceiveTimeout = socket.SendTimeout = 20_000;
        return socket;
    }

    /// <summary>Has it stop as a signal would, and gives its last words.</summary>
    public ProxyReport Stop()
    {
        _stop.Cancel();
        Assert.True(_thread.Join(TimeSpan.FromSeconds(60)), "The proxy did not end.");
        return _failure is null ? _report! : throw new InvalidOperationException("The proxy failed.", _failure);
    }

    public void Dispose()
    {
        try
        {
            Stop();
        }
        finally
        {
            _server.Dispose();
            _bpf.Dispose();
            _stop.Dispose();
        }
    }

    private void Run()
    {
        try
        {
            _report = _server.Run(_stop.Token);
        }
        catch (Exception e)
        {
            // Thrown again where the test looks.
            _failure = e;
        }
    }
}
