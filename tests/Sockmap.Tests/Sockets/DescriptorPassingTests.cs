using System.Net.Sockets;
using Sockmap.Sockets;
using Sockmap.TestKit;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Sockets;

public sealed class DescriptorPassingTests : IDisposable
{
    private readonly Socket _left = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _right;

    public DescriptorPassingTests()
    {
        string path = Path.Combine(Path.GetTempPath(), TestNames.Next("unix"));
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        _left.Connect(listener.LocalEndPoint!);
        _right = listener.Accept();
        _left.ReceiveTimeout = _right.ReceiveTimeout = (int)Patience.Default.TotalMilliseconds;
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    [Fact]
    public void SocketsArePassedBothWays()
    {
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);

        DescriptorPassing.Send(_left, connection.Client);
        using Socket client = DescriptorPassing.Receive(_right);
        DescriptorPassing.Send(_right, connection.Server.SafeHandle);
        using SafeSocketDescriptor server = DescriptorPassing.ReceiveDescriptor(_left);

        Assert.Equal(SocketQuery.GetCookie(connection.Client.SafeHandle), SocketQuery.GetCookie(client.SafeHandle));
        Assert.Equal(SocketQuery.GetCookie(connection.Server.SafeHandle), SocketQuery.GetCookie(server));
        Assert.Equal(connection.Client.LocalEndPoint, client.LocalEndPoint);
        client.Send("over"u8);
        Assert.Equal("over"u8.ToArray(), LocalConnection.Read(connection.Server, 4));
        Assert.Equal(0, _left.Available + _right.Available);
    }

    [Fact]
    public void ASocketThatItsSenderClosedLivesOn()
    {
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        DescriptorPassing.Send(_left, connection.Client);
        connection.Client.Close();

        using Socket received = DescriptorPassing.Receive(_right);
        connection.Server.Send("still"u8);
        Assert.Equal("still"u8.ToArray(), LocalConnection.Read(received, 5));
    }

    [Theory]
    [InlineData(AddressFamily.Unix, SocketType.Dgram)]
    [InlineData(AddressFamily.InterNetworkV6, SocketType.Dgram)]
    public void ASocketOfAnyFamilyIsPassed(AddressFamily family, SocketType type)
    {
        using Socket socket = new(family, type, ProtocolType.Unspecified);
        DescriptorPassing.Send(_left, socket);
        using Socket received = DescriptorPassing.Receive(_right);

        Assert.Equal(family, received.AddressFamily);
        Assert.Equal(SocketQuery.GetCookie(socket.SafeHandle), SocketQuery.GetCookie(received.SafeHandle));
    }

    [Fact]
    public async Task SocketsThatWereUsedAsynchronouslyStillWait()
    {
        using Socket listener = LocalConnection.Listen();

        // From then on the kernel's socket does not block.
        await _left.SendAsync("a"u8.ToArray());
        Assert.Equal(1, await _right.ReceiveAsync(new byte[1]));
        Task<Socket> receiving = Task.Run(() => DescriptorPassing.Receive(_right));
        await Task.Delay(100);
        DescriptorPassing.Send(_left, listener);
        using Socket received = await receiving;

        Assert.Equal(listener.LocalEndPoint, received.LocalEndPoint);
    }

    [Fact]
    public void WhatIsNoSocketIsRefusedAndClosed()
    {
        using FileStream file = File.OpenRead("/dev/null");
        DescriptorPassing.Send(_left, file.SafeFileHandle);
        int before = OpenFiles();

        SocketAccessException e = Assert.Throws<SocketAccessException>(() => DescriptorPassing.Receive(_right));

        Assert.Equal(SocketAccessError.NotASocket, e.Error);
        Assert.Equal(before, OpenFiles());

        static int OpenFiles() => Directory.GetFiles("/proc/self/fd").Count(path => new FileInfo(path).LinkTarget == "/dev/null");
    }

    [Fact]
    public void NothingToReceiveIsSaidSo()
    {
        _left.Send("x"u8);
        Assert.Equal(SocketAccessError.NoDescriptor, Assert.Throws<SocketAccessException>(() => DescriptorPassing.Receive(_right)).Error);
        _right.ReceiveTimeout = 50;
        Assert.Equal(SocketAccessError.TimedOut, Assert.Throws<SocketAccessException>(() => DescriptorPassing.Receive(_right)).Error);
        _left.Close();
        Assert.Contains("closed", Assert.Throws<SocketAccessException>(() => DescriptorPassing.Receive(_right)).Message, StringComparison.Ordinal);
        using Socket tcp = LocalConnection.Listen();
        Assert.Throws<ArgumentException>(() => DescriptorPassing.Send(tcp, tcp));
    }
}
