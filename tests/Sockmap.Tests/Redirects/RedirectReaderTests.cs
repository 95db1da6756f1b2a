using Sockmap.Interop;
using Sockmap.Redirects;
using Sockmap.TestKit;

namespace Sockmap.Tests.Redirects;

/// <summary>What a thread finds that was in a receive of the target before there was a redirect.</summary>
public sealed class RedirectReaderTests
{
    [Theory]
    [InlineData(RedirectSocketKind.Tcp)]
    [InlineData(RedirectSocketKind.Udp)]
    [InlineData(RedirectSocketKind.UnixStream)]
    [InlineData(RedirectSocketKind.UnixDatagram)]
    public void WhoWaitedBeforeIsTold(RedirectSocketKind to)
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, to);
        using RedirectEnd target = RedirectEnd.Of(place.To.Inner);
        byte[] first = new byte[100], second = new byte[100];
        int firstRead = 0, secondRead = 0;
        Thread reader = new(() =>
        {
            firstRead = SocketCalls.Recv(place.To.Inner, first, 0);
            secondRead = SocketCalls.Recv(place.To.Inner, second, 0);
        });
        reader.Start();
        Assert.True(Patience.Until(() => BlockedReaders.Find(target.Cookie).Count == 1));
        string told = Assert.Single(place.Create().BlockedReader);
        Assert.Contains($" {Environment.ProcessId}, thread ", told, StringComparison.Ordinal);

        // Redirected bytes do not wake it; what its own peer sends does, and then it finds them too.
        RedirectPlace.Send(place.Entrance, "redirected"u8);
        Assert.True(Patience.Until(() => place.Get().QueuedBytes == 10));
        Assert.Single(BlockedReaders.Find(target.Cookie));
        RedirectPlace.Send(place.To.Outer, "ordinary"u8);
        Assert.True(reader.Join(Patience.Default));
        Assert.Equal("ordinary"u8, first.AsSpan(0, firstRead));
        Assert.Equal("redirected"u8, second.AsSpan(0, secondRead));
    }

    [Theory]
    [InlineData(RedirectSocketKind.Tcp)]
    [InlineData(RedirectSocketKind.UnixStream)]
    [InlineData(RedirectSocketKind.UnixDatagram)]
    public void WhoComesLaterIsWoken(RedirectSocketKind to)
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, to);
        Assert.Empty(place.Create().BlockedReader);
        (Thread reader, Func<string> read) = Receive(place);
        RedirectPlace.Send(place.Entrance, "redirected"u8);
        Assert.True(reader.Join(Patience.Default));
        Assert.Equal("redirected", read());
    }

    [Fact]
    public void AnEmptyUdpSocketsReaderIsNot()
    {
        // udp_bpf_recvmsg waits inside UDP where nothing is there yet; poll is told.
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, RedirectSocketKind.Udp);
        place.Create();
        (Thread reader, Func<string> read) = Receive(place);
        RedirectPlace.Send(place.Entrance, "redirected"u8);
        Assert.True(Patience.Until(() => place.Get().QueuedBytes == 10));
        RedirectPlace.Send(place.To.Outer, "ordinary"u8);
        Assert.True(reader.Join(Patience.Default));
        Assert.Equal("ordinary", read());
        Assert.Equal("redirected"u8, RedirectPlace.Receive(place.Exit, 10));
    }

    private static (Thread Reader, Func<string> Read) Receive(RedirectPlace place)
    {
        using RedirectEnd target = RedirectEnd.Of(place.To.Inner);
        byte[] bytes = new byte[100];
        int read = 0;
        Thread reader = new(() => read = SocketCalls.Recv(place.To.Inner, bytes, 0));
        reader.Start();
        Assert.True(Patience.Until(() => BlockedReaders.Find(target.Cookie).Count == 1));
        return (reader, () => System.Text.Encoding.ASCII.GetString(bytes, 0, read));
    }
}
