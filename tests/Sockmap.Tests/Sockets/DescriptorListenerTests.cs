using System.Net.Sockets;
using Sockmap.Sockets;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Sockets;

/// <summary>Descriptors over a UNIX socket in the file system: they arrive, the waiting can be ended, no file is left.</summary>
public sealed class DescriptorListenerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sockmap-test-");

    private string Place => Path.Combine(_folder.FullName, "socket");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void WhatIsSentIsTheVerySocket()
    {
        using Socket tcp = LocalConnection.Listen();
        using LocalConnection connection = new(tcp);
        using (DescriptorListener listener = DescriptorListener.Listen(Place))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Place));
            using Socket sender = DescriptorPassing.Connect(Place);
            using Socket receiver = listener.Accept(TestContext.Current.CancellationToken);
            DescriptorPassing.Send(sender, connection.Client.SafeHandle, TestContext.Current.CancellationToken);

            using Socket received = DescriptorPassing.Receive(receiver, TestContext.Current.CancellationToken);

            Assert.Equal(SocketQuery.GetCookie(connection.Client.SafeHandle), SocketQuery.GetCookie(received.SafeHandle));
            received.Send([7]);
            Assert.Equal([7], LocalConnection.Read(connection.Server, 1));
        }

        Assert.False(File.Exists(Place));
    }

    [Fact]
    public void TheWaitingForAConnectionCanBeCancelled()
    {
        using CancellationTokenSource cancellation = new();
        using DescriptorListener listener = DescriptorListener.Listen(Place);
        cancellation.CancelAfter(50);

        Assert.ThrowsAny<OperationCanceledException>(() => listener.Accept(cancellation.Token));
    }

    [Fact]
    public void TheWaitingForADescriptorCanBeCancelledAndLosesNone()
    {
        using Socket tcp = LocalConnection.Listen();
        using DescriptorListener listener = DescriptorListener.Listen(Place);
        using Socket sender = DescriptorPassing.Connect(Place);
        using Socket receiver = listener.Accept(TestContext.Current.CancellationToken);
        using CancellationTokenSource cancellation = new();
        cancellation.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => DescriptorPassing.Receive(receiver, cancellation.Token));
        DescriptorPassing.Send(sender, tcp.SafeHandle, TestContext.Current.CancellationToken);

        using Socket received = DescriptorPassing.Receive(receiver, TestContext.Current.CancellationToken);

        Assert.Equal(tcp.LocalEndPoint, received.LocalEndPoint);
    }

    [Fact]
    public void AnEndThatClosesIsNoDescriptor()
    {
        using DescriptorListener listener = DescriptorListener.Listen(Place);
        DescriptorPassing.Connect(Place).Dispose();
        using Socket receiver = listener.Accept(TestContext.Current.CancellationToken);

        Assert.Equal(
            SocketAccessError.NoDescriptor,
            Assert.Throws<SocketAccessException>(() => DescriptorPassing.Receive(receiver, TestContext.Current.CancellationToken)).Error);
    }

    [Fact]
    public void WhatIsThereIsNotTakenAway()
    {
        File.WriteAllText(Place, "mine");

        Assert.Equal(SocketAccessError.PathTaken, Assert.Throws<SocketAccessException>(() => DescriptorListener.Listen(Place)).Error);

        Assert.Equal("mine", File.ReadAllText(Place));
        Assert.Equal(SocketAccessError.NobodyListens, Assert.Throws<SocketAccessException>(() => DescriptorPassing.Connect(Place)).Error);
    }

    [Fact]
    public void NoPathIsTooLongWithoutAWord()
    {
        string longPath = Path.Combine(_folder.FullName, new string('x', 120));

        Assert.Equal(SocketAccessError.InvalidPath, Assert.Throws<SocketAccessException>(() => DescriptorListener.Listen(longPath)).Error);
        Assert.Equal(SocketAccessError.InvalidPath, Assert.Throws<SocketAccessException>(() => DescriptorPassing.Connect(longPath)).Error);
        Assert.Equal(
            SocketAccessError.InvalidPath,
            Assert.Throws<SocketAccessException>(() => DescriptorListener.Listen(Path.Combine(_folder.FullName, "no", "socket"))).Error);
        Assert.Equal(SocketAccessError.NobodyListens, Assert.Throws<SocketAccessException>(() => DescriptorPassing.Connect(Place)).Error);
    }
}
