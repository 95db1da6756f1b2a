using System.Net;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;

namespace Sockmap.Tests.Bypasses;

/// <summary>Sockets that outlive their connection, connect twice, are restored, or whose sends end half way.</summary>
public sealed class UnusualSocketTests
{
    // linux/tcp.h
    private const int TcpRepair = 19;
    private const int TcpRepairQueue = 20;
    private const int TcpQueueSequence = 21;
    private const int ReceiveQueue = 1;
    private const int SendQueue = 2;

    [Theory]
    [EachVariant]
    public void ASocketThatOutlivesItsConnectionGetsNothingOfTheNextOne(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection first = new(listener);
        int port = first.ClientPort;
        first.Client.LingerState = new LingerOption(true, 0);
        first.Client.Close();

        // The server has not closed its end, which keeps its key; the next connection has the same one.
        using LocalConnection second = new(listener, port);
        second.Client.Send("second"u8);

        Assert.Equal("second"u8.ToArray(), LocalConnection.Read(second.Server, 6));
        Assert.Equal(0UL, bypass.Status.BytesRedirected);
        Assert.Equal(1UL, bypass.Status.SocketsRefused);
    }

    [Theory]
    [EachVariant]
    public void ASocketThatConnectsAgainReadsNothingOfItsFirstConnectionAndIsRedirectedAgain(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection first = new(listener);
        first.Server.Send("stale"u8);
        Assert.Equal(5UL, bypass.Status.BytesRedirected);

        Reconnection.Reconnect(first.Client, listener.LocalEndPoint!);
        first.Server.Close();
        using Socket server = listener.Accept();
        server.Send("fresh"u8);

        Assert.Equal("fresh"u8.ToArray(), LocalConnection.Read(first.Client, 5));
        Assert.Equal(10UL, bypass.Status.BytesRedirected);
        Assert.Equal(4UL, bypass.Status.SocketsInserted);
        int[] ports = [((IPEndPoint)server.LocalEndPoint!).Port, ((IPEndPoint)server.RemoteEndPoint!).Port];
        Assert.Equal(ports.Order(), bypass.Entries.Select(entry => entry.LocalPort).Order());
    }

    [Theory]
    [EachVariant]
    public void BytesRestoredIntoAReceiveQueueAreNotSentToThePeer(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        bypass.Install(settings => settings with { Variant = variant });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket left = Restore(network, 5001, 5002, 1000, 2000);
        using Socket right = Restore(network, 5002, 5001, 2000, 1000);
        SetTcpOption(left, TcpRepairQueue, ReceiveQueue);
        left.Send("unread"u8);
        SetTcpOption(left, TcpRepair, 0);
        SetTcpOption(right, TcpRepair, 0);

        Assert.Equal("unread"u8.ToArray(), LocalConnection.Read(left, 6));
        Assert.Equal(0, right.Available);
        Assert.Equal(0UL, bypass.Status.SocketsInserted);
    }

    [Theory]
    [EachVariant]
    public void ATcpByteIsCountedWhenTcpTookIt(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Blocking = false;
        byte[] message = new byte[100_000];
        int read = 0;

        // Sends that TCP's buffer ends half way, and sends after them.
        for (int round = 0; round < 20; round++, read += 300_000)
        {
            SocketError error;
            do
            {
                connection.Client.Send(message, SocketFlags.None, out error);
            }
            while (error == SocketError.Success);
            LocalConnection.Read(connection.Server, 300_000);
        }

        // What is counted is what arrives: neither a byte less, nor one more.
        int counted = (int)bypass.Entries.Sum(entry => (long)(entry.RedirectedBytes + entry.TcpBytes));
        LocalConnection.Read(connection.Server, counted - read);

        // The kernel asks no program about the send after one that TCP ended half way: the one after that sets the counters right.
        foreach (byte more in new byte[] { 42, 43 })
        {
            Assert.Equal(1, connection.Client.Send([more]));
            Assert.Equal([more], LocalConnection.Read(connection.Server, 1));
        }

        BypassStatus status = bypass.Status;
        Assert.True(status.BytesOverTcp > 0, "Nothing was spilled.");
        Assert.Equal((ulong)counted + 2, status.BytesRedirected + status.BytesOverTcp);
    }

    [Theory]
    [InlineData(100, 1500)]
    [InlineData(100_000, 15)]
    public void ABurstToAReaderThatIsLateIsNotSpilled(int size, int count)
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        for (int i = 0; i < count; i++)
        {
            connection.Client.Send(new byte[size]);
        }

        // One recv() gets all: an edge-triggered reader that sees a short read may take the socket for dry.
        Assert.Equal(size * count, connection.Server.Receive(new byte[(size * count) + 1]));
        Assert.Equal(0UL, bypass.Status.BytesOverTcp);
    }

    /// <summary>An established socket as a checkpoint is restored (TCP_REPAIR): no packet is sent.</summary>
    private static Socket Restore(TestNetworkNamespace network, int port, int peerPort, int sendSequence, int receiveSequence)
    {
        Socket socket = network.CreateSocket();
        socket.ReceiveTimeout = 10_000;
        SetTcpOption(socket, TcpRepair, 1);
        SetTcpOption(socket, TcpRepairQueue, SendQueue);
        SetTcpOption(socket, TcpQueueSequence, sendSequence);
        SetTcpOption(socket, TcpRepairQueue, ReceiveQueue);
        SetTcpOption(socket, TcpQueueSequence, receiveSequence);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Connect(new IPEndPoint(IPAddress.Loopback, peerPort));
        SetTcpOption(socket, TcpRepairQueue, 0);
        return socket;
    }

    private static void SetTcpOption(Socket socket, int option, int value) =>
        socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, option, BitConverter.GetBytes(value));

    [Theory]
    [EachVariant]
    public async Task ADirectionLeavesTheBypassOnlyWhenItsReaderHasReadAll(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        byte[] message = new byte[100];
        byte[] room = new byte[1000];
        connection.Client.Send(message);
        Assert.True(Patience.Until(() => bypass.Entries.Any(entry => entry.QueuedBytes == 100)));

        Task<RemovalResult> removal = Task.Run(() => bypass.Remove());
        Assert.True(Patience.Until(() => bypass.Manager.List().All(status => status.State == BypassState.Draining)));
        connection.Client.Send(message);

        // A recv() that stopped between the two would look like a dry socket to an edge-triggered reader.
        Assert.Equal(200, connection.Server.Receive(room));
        Assert.True((await removal).IsComplete);
        Assert.Equal(100, connection.Client.Send(message));
        Assert.Equal(100, connection.Server.Receive(room));
    }
}
