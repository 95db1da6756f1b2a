using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Redirects;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Kit;

namespace Sockmap.Tests.Redirects;

/// <summary>Segments that TCP sends again with new bytes in them, as it does where packets are lost.</summary>
public sealed class RedirectRepeatTests
{
    [Theory]
    [InlineData(SockmapRedirectMode.IngressToLocal, 1)]
    [InlineData(SockmapRedirectMode.IngressToLocal, 5000)]
    [InlineData(SockmapRedirectMode.IngressToEgress, 300)]
    public void BytesThatComeTwiceWithNewOnesAreHandedOnOnce(SockmapRedirectMode mode, int repeated)
    {
        using TestBpfFileSystem bpffs = TestBpfFileSystem.Mount();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection from = new(listener), to = new(listener);
        RedirectManager manager = new(new BypassManagerOptions { BpfFileSystem = bpffs.Path });
        using (RedirectEnd source = RedirectEnd.Of(from.Server.SafeHandle), target = RedirectEnd.Of(to.Client.SafeHandle))
        {
            manager.Create(new RedirectSettings { Mode = mode }, source, target, TestContext.Current.CancellationToken);
        }

        Socket exit = mode == SockmapRedirectMode.IngressToLocal ? to.Client : to.Server;
        byte[] bytes = RedirectPlace.Pattern(100_000);
        from.Client.Send(bytes, 50_000, SocketFlags.None);
        Assert.True(LocalConnection.Read(exit, 50_000).AsSpan().SequenceEqual(bytes.AsSpan(0, 50_000)));

        using Socket again = RepairedSocket.GoBack(from.Client, repeated);
        again.Send(bytes, 50_000 - repeated, 50_000 + repeated, SocketFlags.None);

        Assert.True(LocalConnection.Read(exit, 50_000).AsSpan().SequenceEqual(bytes.AsSpan(50_000)), "Other bytes came than were sent.");
        Assert.Equal(0, exit.Available);
    }
}
