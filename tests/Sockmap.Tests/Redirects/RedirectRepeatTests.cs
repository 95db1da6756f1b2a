using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Redirects;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Kit;

namespace Sockmap.Tests.Redirects;

/// <summary>Segments that TCP sends again with new bytes in them, as it does where packets are lost.</summary>
public sealed class RedirectRepeatTests
{
    private const int Half = 50_000;

    private readonly byte[] _bytes = RedirectPlace.Pattern(2 * Half);

    [Theory]
    [InlineData(SockmapRedirectMode.IngressToLocal, 1)]
    [InlineData(SockmapRedirectMode.IngressToLocal, 5000)]
    [InlineData(SockmapRedirectMode.IngressToEgress, 300)]
    public void BytesThatComeTwiceWithNewOnesAreHandedOnOnce(SockmapRedirectMode mode, int repeated)
    {
        using TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection from = new(listener), to = new(listener);
        Create(bpffs, mode, from, to);
        Socket exit = mode == SockmapRedirectMode.IngressToLocal ? to.Client : to.Server;
        from.Client.Send(_bytes, Half, SocketFlags.None);
        Assert.True(LocalConnection.Read(exit, Half).AsSpan().SequenceEqual(_bytes.AsSpan(0, Half)));

        using Socket again = SendTheRest(from, repeated);

        AssertReceivesTheRest(exit);
    }

    [Theory]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    public void ThoseThatCameBeforeTheRedirectAreNotHandedOn(SockmapRedirectMode mode)
    {
        using TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection from = new(listener), to = new(listener);
        from.Client.Send(_bytes, Half, SocketFlags.None);
        Assert.True(LocalConnection.Read(from.Server, Half).AsSpan().SequenceEqual(_bytes.AsSpan(0, Half)));
        Create(bpffs, mode, from, to);

        using Socket again = SendTheRest(from, 300);

        AssertReceivesTheRest(mode == SockmapRedirectMode.IngressToLocal ? to.Client : to.Server);
    }

    [Fact]
    public void ASourceThatStaysInItsMapGetsThemOnceToo()
    {
        using TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection from = new(listener), to = new(listener);
        RedirectManager manager = Create(bpffs, SockmapRedirectMode.IngressToLocal, from, to);
        from.Client.Send(_bytes, Half, SocketFlags.None);
        LocalConnection.Read(to.Client, Half);
        byte[] first = new byte[1];
        Thread reader = new(() => SocketCalls.Recv(from.Server.SafeHandle, first, 0)) { IsBackground = true };
        reader.Start();
        RedirectPlace.AwaitBlockedReader(from.Server.SafeHandle);
        RedirectRemovalResult removed = manager.Remove("redirect-1", new RemoveOptions { Timeout = Patience.Default }, TestContext.Current.CancellationToken);
        Assert.True(removed.IsComplete && removed.SourceStays, removed.ToString());

        using Socket again = SendTheRest(from, 300);

        Assert.True(reader.Join(Patience.Default));
        Assert.Equal(_bytes[Half], first[0]);
        AssertReceivesTheRest(from.Server, had: 1);
    }

    private static RedirectManager Create(TestBpfFileSystem bpffs, SockmapRedirectMode mode, LocalConnection from, LocalConnection to)
    {
        RedirectManager manager = new(new BypassManagerOptions { BpfFileSystem = bpffs.Path });
        using RedirectEnd source = RedirectEnd.Of(from.Server.SafeHandle), target = RedirectEnd.Of(to.Client.SafeHandle);
        manager.Create(new RedirectSettings { Mode = mode }, source, target, TestContext.Current.CancellationToken);
        return manager;
    }

    /// <summary>The second half, and before it once more some bytes of the first.</summary>
    private Socket SendTheRest(LocalConnection from, int repeated)
    {
        Socket again = RepairedSocket.GoBack(from.Client, repeated);
        again.Send(_bytes, Half - repeated, Half + repeated, SocketFlags.None);
        return again;
    }

    private void AssertReceivesTheRest(Socket exit, int had = 0)
    {
        Assert.True(LocalConnection.Read(exit, Half - had).AsSpan().SequenceEqual(_bytes.AsSpan(Half + had)), "Other bytes came than were sent.");
        Assert.Equal(0, exit.Available);
    }
}
