using System.Net;
using System.Net.Sockets;
using Sockmap.Proxies;
using Sockmap.TestKit;

namespace Sockmap.Tests.Proxies;

/// <summary>What comes out at the other end of a proxy, and who moved it.</summary>
public sealed class SpliceTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void TheKernelMovesEveryByte(string address)
    {
        using TargetServer target = new(new IPEndPoint(IPAddress.Parse(address), 0));
        using RunningProxy proxy = new(RunningProxy.From(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:0" : $"{address}:0", target.Address));
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        WaitUntilSpliced(proxy);

        // In turns, so that there is room for each.
        for (int i = 0; i < 50; i++)
        {
            byte[] up = Bytes.Make(1 + (i * 131), i), down = Bytes.Make(4096 + i, -i);
            Bytes.Send(client, up);
            Bytes.AssertReceives(server, up);
            Bytes.Send(server, down);
            Bytes.AssertReceives(client, down);
        }

        ProxyConnectionStatus connection = Assert.Single(proxy.Connections);
        Assert.Equal(ProxyMode.Spliced, connection.Mode);
        Assert.Equal(string.Empty, connection.Reason);
        Assert.Equal((ulong)Enumerable.Range(0, 50).Sum(i => 1 + (i * 131)), connection.SplicedBytesUp);
        Assert.Equal((ulong)Enumerable.Range(0, 50).Sum(i => 4096 + i), connection.SplicedBytesDown);
        Assert.Equal((0UL, 0UL), (connection.CopiedBytesUp, connection.CopiedBytesDown));
        Assert.Equal(connection.SplicedBytesUp, proxy.Status.SplicedBytesUp);
        Assert.Equal(client.LocalEndPoint!.ToString(), connection.Client);
        Assert.Equal(target.Address, connection.Target);
    }

    [Fact]
    public void AProxyOfIPv4TakesItsBytesToIPv6()
    {
        using TargetServer target = new(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        using RunningProxy proxy = new(RunningProxy.From("127.0.0.1:0", target.Address));
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        WaitUntilSpliced(proxy);
        byte[] bytes = Bytes.Make(30_000, 1);
        Bytes.Send(client, bytes);
        Bytes.AssertReceives(server, bytes);
        Assert.Equal(30_000UL, proxy.Status.SplicedBytesUp);
    }

    [Fact]
    public void BytesBeforeTheSpliceComeFirst()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        for (int round = 0; round < 50; round++)
        {
            using Socket client = proxy.Connect();
            byte[] bytes = Bytes.Make(100_000, round);

            // The first ones are there before the proxy has its target, and some come while it splices.
            Bytes.Send(client, bytes, 1, 10, 100, 1000);
            using Socket server = target.Accept();
            Bytes.AssertReceives(server, bytes);
        }
    }

    [Fact]
    public void ATargetThatSpeaksFirstIsHeard()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        for (int round = 0; round < 20; round++)
        {
            using Socket client = proxy.Connect();
            using Socket server = target.Accept();
            byte[] hello = Bytes.Make(5000, round);
            Bytes.Send(server, hello, 7, 700);
            Bytes.AssertReceives(client, hello);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AHalfCloseReachesTheOtherEndAfterTheLastByte(bool targetFirst)
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        for (int round = 0; round < 20; round++)
        {
            using Socket client = proxy.Connect();
            using Socket server = target.Accept();
            (Socket first, Socket second) = targetFirst ? (server, client) : (client, server);
            byte[] before = Bytes.Make(300_000, round), after = Bytes.Make(300_000, -round);
            Bytes.Together(
                () =>
                {
                    Bytes.Send(first, before, 65536, 3);
                    first.Shutdown(SocketShutdown.Send);
                },
                () =>
                {
                    Bytes.AssertReceives(second, before);
                    Bytes.AssertEnd(second);
                });

            // The other way goes on.
            Bytes.Together(
                () =>
                {
                    Bytes.Send(second, after, 4096);
                    second.Shutdown(SocketShutdown.Send);
                },
                () =>
                {
                    Bytes.AssertReceives(first, after);
                    Bytes.AssertEnd(first);
                });
        }

        Assert.True(Patience.Until(() => proxy.Status.Active == 0), "A connection that ended both ways is there still.");
        Assert.Equal(0UL, proxy.Status.Reset);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AResetOfOneEndResetsTheOther(bool targetFirst)
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        WaitUntilSpliced(proxy);
        (Socket first, Socket second) = targetFirst ? (server, client) : (client, server);
        first.LingerState = new LingerOption(enable: true, seconds: 0);
        first.Close();

        Bytes.AssertReset(second);
        Assert.True(Patience.Until(() => proxy.Status is { Active: 0, Reset: 1 }));
    }

    [Fact]
    public void StreamsBothWaysAtOnceArriveAsTheyWereSent()
    {
        const int Connections = 8;
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        int[][] sizes = [[1], [1, 65536, 17], [64], [4096], [65536], [1 << 20], [100, 1 << 20], [1448]];
        List<Action> work = [];
        List<Socket> sockets = [];
        for (int i = 0; i < Connections; i++)
        {
            int count = sizes[i].Max() < 100 ? 200_000 : 20_000_000;
            Socket client = proxy.Connect(), server = target.Accept();
            sockets.AddRange([client, server]);
            byte[] up = Bytes.Make(count, i), down = Bytes.Make(count, -i - 1);
            int[] size = sizes[i];
            work.AddRange([() => Bytes.Send(client, up, size), () => Bytes.AssertReceives(server, up), () => Bytes.Send(server, down, size), () => Bytes.AssertReceives(client, down)]);
        }

        Bytes.Together([.. work]);
        ProxyStatus status = proxy.Status;
        sockets.ForEach(socket => socket.Dispose());
        Assert.True(status.SplicedBytesUp > 0 && status.SplicedBytesDown > 0);
        Assert.Equal(2UL * ((2 * 200_000) + (6 * 20_000_000)), status.SplicedBytesUp + status.SplicedBytesDown + status.CopiedBytesUp + status.CopiedBytesDown);
    }

    [Fact]
    public void AReaderThatStopsHoldsItsSender()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        WaitUntilSpliced(proxy);
        byte[] bytes = Bytes.Make(1 << 20, 1);
        client.Blocking = false;
        long sent = 0;
        long last = -1;

        // TCP's own windows and buffers take some MB of each of the two connections; without a limit there is no end to it.
        Assert.True(
            Patience.Until(
                () =>
                {
                    last = sent;
                    while (client.Poll(TimeSpan.Zero, SelectMode.SelectWrite) && sent < 256 << 20)
                    {
                        int offset = (int)(sent % bytes.Length);
                        sent += client.Send(bytes, offset, bytes.Length - offset, SocketFlags.None, out SocketError error);
                        if (error == SocketError.WouldBlock)
                        {
                            break;
                        }
                    }

                    Thread.Sleep(300);
                    return sent == last;
                },
                TimeSpan.FromSeconds(60)),
            "The sender was never held.");
        Assert.InRange(sent, 1, 64 << 20);

        // And all of it is there once the reader reads.
        byte[] piece = new byte[1 << 20];
        for (long read = 0; read < sent;)
        {
            int count = server.Receive(piece);
            Assert.True(count > 0);
            for (int i = 0; i < count;)
            {
                int offset = (int)((read + i) % bytes.Length), length = Math.Min(count - i, bytes.Length - offset);
                Assert.True(piece.AsSpan(i, length).SequenceEqual(bytes.AsSpan(offset, length)), $"Other bytes came than were sent, near {read + i}.");
                i += length;
            }

            read += count;
        }
    }

    /// <summary>One way is stuck for good until the other has moved all: what the kernel keeps for one must not hold the other.</summary>
    [Fact]
    public void OneWayThatIsStuckDoesNotHoldTheOther()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port));
        using Socket client = proxy.Connect();
        using Socket server = target.Accept();
        WaitUntilSpliced(proxy);
        byte[] stuck = Bytes.Make(40_000_000, 1), free = Bytes.Make(60_000_000, 2);
        using ManualResetEventSlim done = new();
        Bytes.Together(
            () => Bytes.Send(server, stuck, 65536),
            () =>
            {
                // Reads nothing before it has written all.
                Bytes.Send(client, free, 65536);
                done.Set();
                Bytes.AssertReceives(client, stuck);
            },
            () =>
            {
                Bytes.AssertReceives(server, free);
                done.Wait(TestContext.Current.CancellationToken);
            });
    }

    [Fact]
    public void MoreConnectionsThanItTakesWait()
    {
        using TargetServer target = new();
        using RunningProxy proxy = new(RunningProxy.ToPort(target.Port) with { MaxConnections = 2 });
        using Socket first = proxy.Connect();
        using Socket second = proxy.Connect();
        using Socket third = proxy.Connect();
        using Socket firstServer = target.Accept();
        using Socket secondServer = target.Accept();
        Bytes.Send(third, [7]);
        Assert.True(Patience.Until(() => proxy.Status.Active == 2));
        first.Close();
        firstServer.Close();
        using Socket thirdServer = target.Accept();
        Bytes.AssertReceives(thirdServer, [7]);
    }

    internal static void WaitUntilSpliced(RunningProxy proxy) =>
        Assert.True(Patience.Until(() => proxy.Connections.Any() && proxy.Connections.All(connection => connection.Mode == ProxyMode.Spliced)), string.Join(", ", proxy.Connections));
}
