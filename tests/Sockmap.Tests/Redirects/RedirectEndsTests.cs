using Sockmap.Bpf;
using Sockmap.Interop;
using Sockmap.Redirects;
using Sockmap.TestKit;

namespace Sockmap.Tests.Redirects;

/// <summary>What becomes of a redirect whose ends close, or shut down.</summary>
public sealed class RedirectEndsTests
{
    private const int SHUT_WR = 1;

    public static TheoryData<SockmapRedirectMode> Modes => [.. Enum.GetValues<SockmapRedirectMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public void AfterTheTargetNothingIsLost(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        place.Create();
        RedirectPlace.Send(place.Entrance, "before"u8);
        Assert.Equal("before"u8, RedirectPlace.Receive(place.Exit, 6));
        place.To.Dispose();
        Assert.Equal(RedirectState.TargetClosed, place.Get().State);

        if (mode is SockmapRedirectMode.SendToLocal or SockmapRedirectMode.SendToEgress)
        {
            // The sender hears of it, and nothing goes to where it was not to go.
            Assert.Equal(-Errno.EACCES, RedirectPlace.TrySend(place.Entrance, "after"u8));
            Assert.Equal(5ul, place.Get().RefusedBytes);
            Assert.Equal(-Errno.EAGAIN, RedirectPlace.TryReceive(place.OrdinaryExit, new byte[8]));
        }
        else
        {
            RedirectPlace.Send(place.Entrance, "after"u8);
            Assert.Equal("after"u8, RedirectPlace.Receive(place.OrdinaryExit, 5));
            Assert.Equal(5ul, place.Get().KeptBytes);
        }

        SockmapRedirect shown = place.Get();
        Assert.False(shown.IsToOpen);
        Assert.True(shown.IsFromOpen);
        Assert.Contains("127.0.0.1", shown.To, StringComparison.Ordinal);
        Assert.True(place.Remove().IsComplete);
        RedirectPlace.Send(place.Entrance, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.OrdinaryExit, 4));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void WhatTheSourceRedirectedOutlivesIt(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        place.Create();
        RedirectPlace.Send(place.Entrance, "the last words"u8);
        Assert.True(Patience.Until(() => place.Get().RedirectedBytes == 14));
        place.From.Dispose();
        Assert.True(Patience.Until(() => place.Get().State == RedirectState.SourceClosed));
        SockmapRedirect shown = place.Get();
        Assert.Empty(shown.FromProcessId);
        Assert.Contains("127.0.0.1", shown.From, StringComparison.Ordinal);
        Assert.NotEqual(0ul, shown.FromCookie);

        RedirectRemovalResult waiting = place.Remove(timeout: TimeSpan.Zero);
        Assert.Equal(mode is SockmapRedirectMode.SendToEgress or SockmapRedirectMode.IngressToEgress, waiting.IsComplete);
        Assert.Equal("the last words"u8, RedirectPlace.Receive(place.Exit, 14));
        if (!waiting.IsComplete)
        {
            Assert.Equal(14ul, waiting.UnreadBytes);
            Assert.True(place.Remove().IsComplete);
        }

        // The target is itself again, and no end of the stream came to it.
        RedirectPlace.Send(place.To.Outer, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.To.Inner, 4));
        Assert.Equal(-Errno.EAGAIN, RedirectPlace.TryReceive(place.Exit, new byte[1]));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void OnlyPinsAreLeftOfTwoClosedSockets(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        place.Create();
        place.From.Dispose();
        place.To.Dispose();
        Assert.True(Patience.Until(() => place.Get().State == RedirectState.Closed));
        Assert.True(place.Remove(timeout: TimeSpan.Zero).IsComplete);
        Assert.Empty(place.Manager.List());
    }

    [Theory]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public void TheEndOfAStreamIsTheSources(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        place.Create();
        RedirectPlace.Send(place.Entrance, "bye"u8);
        Assert.Equal(0, SocketCalls.Shutdown(place.From.Outer, SHUT_WR));
        Assert.Equal("bye"u8, RedirectPlace.Receive(place.Exit, 3));

        // FIN goes to the source: its reader sees the end, the target's does not, and the redirect stands.
        Assert.True(Patience.Until(() => RedirectPlace.TryReceive(place.From.Inner, new byte[1]) == 0));
        Assert.Equal(-Errno.EAGAIN, RedirectPlace.TryReceive(place.Exit, new byte[1]));
        Assert.Equal(RedirectState.Active, place.Get().State);
        RedirectPlace.Send(place.To.Outer, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.To.Inner, 4));
        Assert.True(place.Remove().IsComplete);
    }

    [Theory]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public void AnEmptyDatagramEndsNothing(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode, RedirectSocketKind.Udp, RedirectSocketKind.Udp);
        place.Create();
        Assert.Equal(0, RedirectPlace.TrySend(place.Entrance, []));
        RedirectPlace.Send(place.Entrance, "next"u8);
        Assert.Equal("next"u8, RedirectPlace.Receive(place.Exit, 4));
        Assert.Equal(4ul, place.Get().RedirectedBytes);
    }
}
