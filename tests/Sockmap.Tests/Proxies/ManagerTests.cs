using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Proxies;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Workers;

namespace Sockmap.Tests.Proxies;

/// <summary>Proxies in processes of their own: started, seen and stopped from others.</summary>
public sealed class ManagerTests : IDisposable
{
    private readonly TestBpfFileSystem _bpf = TestBpfFileSystem.Mount();
    private readonly TargetServer _target = new();
    private readonly ProxyManager _manager;

    public ManagerTests() => _manager = ManagerOf(_bpf.Path);

    public void Dispose()
    {
        foreach (string name in _manager.ListNames())
        {
            _manager.Stop(name, TimeSpan.Zero, cancellationToken: TestContext.Current.CancellationToken);
        }

        _target.Dispose();
        _bpf.Dispose();
    }

    [Fact]
    public void AProxyIsSeenAndStoppedByWhoeverLooks()
    {
        ProxyStatus started = Start("web");
        Assert.Equal((ProxyState.Running, 0UL, 0UL), (started.State, started.Accepted, started.Active));
        Assert.NotEqual(Environment.ProcessId, started.ProcessId);
        Assert.NotEqual(0, RunningProxy.PortOf(started.Listen[0]));

        using (Socket client = Connect(started))
        using (Socket server = _target.Accept())
        {
            byte[] bytes = Bytes.Make(100_000, 1);
            Bytes.Send(client, bytes, 1000);
            Bytes.AssertReceives(server, bytes);
            ProxyManager other = ManagerOf(_bpf.Path);
            Assert.Equal(["web"], other.ListNames());
            ProxyConnectionStatus connection = Assert.Single(other.GetConnections("web"));
            Assert.Equal(ProxyMode.Spliced, connection.Mode);
            Assert.Equal(100_000UL, connection.SplicedBytesUp + connection.CopiedBytesUp);
        }

        Assert.True(Patience.Until(() => _manager.Get("web").Active == 0));
        ProxyStopResult stopped = _manager.Stop("web", TimeSpan.FromSeconds(5), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((1UL, 0UL, 0UL), (stopped.Connections, stopped.DroppedConnections, stopped.DroppedBytes));
        Assert.Empty(_manager.List());
        Assert.False(IsRunning(started.ProcessId));
        Assert.Throws<SocketException>(() => Connect(started).Dispose());
    }

    [Fact]
    public async Task ConnectionsMayEndWhileItStops()
    {
        ProxyStatus started = Start("slow");
        using Socket client = Connect(started);
        using Socket server = _target.Accept();
        Bytes.Send(client, [1]);
        Bytes.AssertReceives(server, [1]);
        Task<ProxyStopResult> stopping = Task.Run(() => _manager.Stop("slow", TimeSpan.FromSeconds(30)), TestContext.Current.CancellationToken);
        Assert.True(Patience.Until(() => _manager.Get("slow").State == ProxyState.Stopping));
        Assert.Throws<SocketException>(() => Connect(started).Dispose());

        // What there is goes on until both have said their last.
        byte[] bytes = Bytes.Make(1_000_000, 1);
        Bytes.Together(() => Bytes.Send(client, bytes), () => Bytes.AssertReceives(server, bytes));
        client.Shutdown(SocketShutdown.Send);
        Bytes.AssertEnd(server);
        server.Shutdown(SocketShutdown.Send);
        Bytes.AssertEnd(client);
        Assert.Equal(0UL, (await stopping).DroppedConnections);
    }

    [Fact]
    public async Task WhoHadConnectedBeforeItStoppedIsServed()
    {
        using ProxyServer proxy = ProxyServer.Open(
            RunningProxy.ToPort(_target.Port) with { Name = "late", StopTimeout = TimeSpan.FromSeconds(30) }, new ProxyServerOptions { BpfFileSystem = _bpf.Path });
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000 };
        client.Connect(IPEndPoint.Parse(proxy.Listening[0]));
        Bytes.Send(client, [1, 2, 3]);

        Task<ProxyReport> run = Task.Run(() => proxy.Run(new CancellationToken(canceled: true)), TestContext.Current.CancellationToken);
        using Socket server = _target.Accept();
        Bytes.AssertReceives(server, [1, 2, 3]);
        client.Shutdown(SocketShutdown.Send);
        Bytes.AssertEnd(server);
        server.Shutdown(SocketShutdown.Send);
        Bytes.AssertEnd(client);

        ProxyReport report = await run;
        Assert.Equal((1UL, 0UL), (report.Connections, report.DroppedConnections));
    }

    [Fact]
    public void WhatDoesNotEndIsResetAndCounted()
    {
        ProxyStatus started = Start("busy");
        using Socket client = Connect(started);
        using Socket server = _target.Accept();
        client.SendTimeout = 2000;
        byte[] bytes = Bytes.Make(64 << 20, 1);

        // Nobody reads: some of it stays on the way.
        Assert.Throws<SocketException>(() => Bytes.Send(client, bytes));
        ProxyStopResult stopped = _manager.Stop("busy", TimeSpan.FromMilliseconds(100), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1UL, stopped.DroppedConnections);
        Assert.True(stopped.DroppedBytes > 0);
        Bytes.AssertReset(server);
        Assert.False(IsRunning(started.ProcessId));
    }

    [Fact]
    public void OneThatWasKilledIsStoppedAndGivesItsNameFree()
    {
        ProxyStatus started = Start("killed");
        using Socket client = Connect(started);
        using Socket server = _target.Accept();
        using (Process process = Process.GetProcessById(started.ProcessId))
        {
            process.Kill();
        }

        // Its sockets go with it, spliced or not: nothing but the process holds them.
        Assert.ThrowsAny<Exception>(() => Bytes.Receive(client, 1));
        Assert.True(Patience.Until(() => _manager.Get("killed").State == ProxyState.Stopped));
        ProxyStatus again = Start("killed");
        Assert.Equal(ProxyState.Running, again.State);
        using (Process process = Process.GetProcessById(again.ProcessId))
        {
            process.Kill();
        }

        Assert.True(Patience.Until(() => _manager.Get("killed").State == ProxyState.Stopped));
        _manager.Stop("killed", TimeSpan.Zero, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(_manager.ListNames());
    }

    [Fact]
    public void WhatCannotBeSaysSo()
    {
        ProxyStatus started = Start("one");
        AssertRefused(BypassError.ProxyExists, () => Start("one"));
        AssertRefused(BypassError.AddressNotUsable, () => _manager.Start(new ProxySettings { Name = "two", Listen = started.Listen, To = [_target.Address] }, new CliWorkerHost()));
        AssertRefused(BypassError.AddressNotUsable, () => _manager.Start(new ProxySettings { Name = "two", Listen = ["192.0.2.1:1"], To = [_target.Address] }, new CliWorkerHost()));
        AssertRefused(BypassError.ProxyNotFound, () => _manager.Get("nosuch"));
        AssertRefused(BypassError.ProxyNotFound, () => _manager.Stop("nosuch", TimeSpan.Zero));
        AssertRefused(BypassError.InvalidSetting, () => _manager.Get("../one"));
        AssertRefused(BypassError.NoBpfFileSystem, () => ManagerOf("/tmp").Start(new ProxySettings { Listen = ["127.0.0.1:0"], To = [_target.Address] }, new CliWorkerHost()));
        AssertRefused(BypassError.WorkerFailed, () => _manager.Start(new ProxySettings { Listen = ["127.0.0.1:0"], To = [_target.Address] }, new ShellWorkerHost("exit 3")));
        Assert.Equal(["one"], _manager.ListNames());
    }

    [Fact]
    public void ConnectionsThatComeAndGoLeaveNothing()
    {
        ProxyStatus started = Start("many");
        string descriptors = string.Create(CultureInfo.InvariantCulture, $"/proc/{started.ProcessId}/fd");
        int before = -1;
        for (int i = 0; i < 300; i++)
        {
            using (Socket client = Connect(started))
            using (Socket server = _target.Accept())
            {
                Bytes.Send(client, [1, 2, 3]);
                Bytes.AssertReceives(server, [1, 2, 3]);
                if (i % 3 == 0)
                {
                    client.LingerState = new LingerOption(enable: true, seconds: 0);
                }
            }

            if (i == 20)
            {
                Assert.True(Patience.Until(() => _manager.Get("many").Active == 0));
                before = Directory.GetFiles(descriptors).Length;
            }
        }

        Assert.True(Patience.Until(() => _manager.Get("many").Active == 0));
        Assert.Equal(300UL, _manager.Get("many").Accepted);
        Assert.Equal(before, Directory.GetFiles(descriptors).Length);
        Assert.Empty(_manager.GetConnections("many"));
    }

    private static ProxyManager ManagerOf(string bpf) => new(new ProxyManagerOptions { BpfFileSystem = bpf });

    private static void AssertRefused(BypassError expected, Action work)
    {
        BypassException error = Assert.Throws<BypassException>(work);
        Assert.True(error.Error == expected, $"{error.Error}: {error.Message}");
    }

    private static bool IsRunning(int process) => Patience.Until(() => !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}"))) is false;

    private static Socket Connect(ProxyStatus proxy)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000, SendTimeout = 20_000 };
        try
        {
            socket.Connect(IPEndPoint.Parse(proxy.Listen[0]));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ProxyStatus Start(string name) => _manager.Start(
        new ProxySettings { Name = name, Listen = ["127.0.0.1:0"], To = [_target.Address] }, new CliWorkerHost(), TestContext.Current.CancellationToken);
}
