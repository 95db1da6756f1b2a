using System.Net.Sockets;
using Sockmap.Proxies;
using Sockmap.TestKit;

namespace Sockmap.Tests.Proxies;

/// <summary>What the kernel does not move is copied, and says why.</summary>
public sealed class CopyTests
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void UnixSocketsAreCopiedAndSaySo(bool isListener, bool isTarget)
    {
        string listenPath = PathOf("listen"), targetPath = PathOf("target");
        using TargetServer target = isTarget ? new TargetServer(new UnixDomainSocketEndPoint(targetPath)) : new TargetServer();
        using RunningProxy proxy = new(RunningProxy.From(isListener ? "unix:" + listenPath : "127.0.0.1:0", target.Address));
        using (Socket client = proxy.Connect())
        using (Socket server = target.Accept())
        {
            byte[] up = Bytes.Make(3_000_000, 1), down = Bytes.Make(3_000_000, 2);
            Bytes.Together(
                () => Bytes.Send(client, up, 65536, 1),
                () => Bytes.AssertReceives(server, up),
                () => Bytes.Send(server, down, 4096),
                () => Bytes.AssertReceives(client, down));
            ProxyConnectionStatus connection = Assert.Single(proxy.Connections);
            Assert.Equal(ProxyMode.Copied, connection.Mode);
            Assert.Contains("UNIX", connection.Reason, StringComparison.Ordinal);
            Assert.Equal(target.Address, connection.Target);
            Assert.Equal((3_000_000UL, 3_000_000UL, 0UL), (connection.CopiedBytesUp, connection.CopiedBytesDown, connection.SplicedBytesUp));
            client.Shutdown(SocketShutdown.Send);
            Bytes.AssertEnd(server);
            server.Shutdown(SocketShutdown.Send);
            Bytes.AssertEnd(client);
        }

        Assert.True(Patience.Until(() => proxy.Status.Active == 0));
        proxy.Stop();
        Assert.False(File.Exists(listenPath));
    }

    [Fact]
    public void AClientThatHasClosedAlreadyIsCopied()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        List<Socket> clients = [];
        for (int i = 0; i < 50; i++)
        {
            // Both at once, before the proxy can have connected.
            Socket client = proxy.Connect();
            clients.Add(client);
            Bytes.Send(client, Bytes.Make(1000, i));
            client.Shutdown(SocketShutdown.Send);
        }

        for (int i = 0; i < 50; i++)
        {
            using Socket server = target.Accept();
            byte[] received = Bytes.Receive(server, 1000);
            Bytes.AssertEnd(server);
            Bytes.Send(server, received);
            server.Shutdown(SocketShutdown.Send);
        }

        for (int i = 0; i < 50; i++)
        {
            Bytes.AssertReceives(clients[i], Bytes.Make(1000, i));
            Bytes.AssertEnd(clients[i]);
            clients[i].Dispose();
        }

        Assert.True(Patience.Until(() => proxy.Status.Active == 0));
        Assert.Equal(50UL, proxy.Status.Spliced + proxy.Status.Copied);
    }

    [Fact]
    public void CopyingCanBeAskedFor()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port) with { Copy = true });
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        byte[] up = Bytes.Make(5_000_000, 1), down = Bytes.Make(5_000_000, 2);
        Bytes.Together(
            () => Bytes.Send(client, up, 65536),
            () => Bytes.AssertReceives(server, up),
            () => Bytes.Send(server, down, 65536),
            () => Bytes.AssertReceives(client, down));
        ProxyStatus status = proxy.Status;
        Assert.Equal("it was asked to copy", status.CopyReason);
        Assert.Equal((0UL, 5_000_000UL, 5_000_000UL, 1UL), (status.SplicedBytesUp, status.CopiedBytesUp, status.CopiedBytesDown, status.Copied));
    }

    [Fact]
    public void TargetsTakeTurnsAndOneThatRefusesIsPassedOver()
    {
        using TargetServer first = new();
        using TargetServer second = new();
        string nobody = TargetServer.Nobody();
        using RunningProxy proxy = new(RunningProxy.From("127.0.0.1:0", first.Address, nobody, second.Address));
        string[] expected = [first.Address, second.Address, second.Address, first.Address, second.Address, second.Address];
        List<Socket> sockets = [];
        foreach (string address in expected)
        {
            Socket client = proxy.Connect();
            Bytes.Send(client, [1]);
            Socket server = (address == first.Address ? first : second).Accept();
            Bytes.AssertReceives(server, [1]);
            sockets.AddRange([client, server]);
        }

        Assert.Equal(expected, proxy.Connections.Select(connection => connection.Target));
        sockets.ForEach(socket => socket.Dispose());
        Assert.Equal(0UL, proxy.Status.Failed);
    }

    [Fact]
    public void AClientThatNoTargetTakesIsReset()
    {
        using RunningProxy proxy = new(RunningProxy.From("127.0.0.1:0", TargetServer.Nobody(), "unix:/nosuch/socket"));

        // The reset may be faster than the way back from connect().
        SocketException reset = Assert.Throws<SocketException>(() =>
        {
            using Socket client = proxy.Connect();
            client.Receive(new byte[1]);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        Assert.True(Patience.Until(() => proxy.Status is { Failed: 1, Active: 0, Accepted: 1 }));
    }

    [Fact]
    public void ASilentClientCostsNothing()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        SpliceTests.WaitUntilSpliced(proxy);
        client.Close();
        Bytes.AssertEnd(server);
        server.Close();
        Assert.True(Patience.Until(() => proxy.Status is { Active: 0, Reset: 0 }));
    }

    private static string PathOf(string what) => Path.Combine(Path.GetTempPath(), TestNames.Next(what));
}
