using Sockmap.Bypasses;
using Sockmap.Redirects;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;

namespace Sockmap.Tests.Redirects;

/// <summary>Make, see, use, remove: what each leaves in the kernel, and in the streams.</summary>
public sealed class RedirectLifecycleTests
{
    private static bool IsOurs(KernelObject kernelObject) => kernelObject.Name is
        "send_to_local" or "send_to_egress" or "ingress_to_egres" or "ingress_to_local" or "list" or "join" or "join_dry" or "leave"
        or "source" or "target" or "counters" or "course" or "ends" or "addresses" or "redirect.rodata";

    public static TheoryData<SockmapRedirectMode> Modes => [.. Enum.GetValues<SockmapRedirectMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task BytesComeOutWholeAndCounted(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        KernelObjects before = KernelObjects.Snapshot();
        SockmapRedirect made = place.Create();
        Assert.Equal("redirect-1", made.Name);
        Assert.Equal(mode, made.Mode);
        Assert.Equal(RedirectState.Active, made.State);
        Assert.Equal([Environment.ProcessId], made.FromProcessId);
        Assert.Equal([Environment.ProcessId], made.ToProcessId);
        Assert.Equal(RedirectSocketKind.Tcp, made.FromKind);
        Assert.NotEqual(made.FromCookie, made.ToCookie);

        byte[] sent = RedirectPlace.Pattern(3_000_000);
        Task sending = Task.Run(() => RedirectPlace.Send(place.Entrance, sent, 9000), TestContext.Current.CancellationToken);
        Assert.Equal(sent, RedirectPlace.Receive(place.Exit, sent.Length));
        await sending.WaitAsync(Patience.Default, TestContext.Current.CancellationToken);
        SockmapRedirect used = place.Get();
        Assert.Equal((ulong)sent.Length, used.RedirectedBytes);
        Assert.InRange(used.RedirectedMessages, 1ul, used.RedirectedBytes);
        Assert.Equal(0ul, used.RefusedBytes + used.KeptBytes + used.DroppedBytes);

        // Both sockets go on as if nothing had been, the other directions too.
        RedirectRemovalResult removed = place.Remove();
        Assert.True(removed.IsComplete);
        Assert.False(removed.SourceStays);
        Assert.Equal(0ul, removed.DroppedBytes);
        Assert.Empty(place.Manager.List());
        RedirectPlace.Send(place.Entrance, sent.AsSpan(0, 5000));
        Assert.Equal(sent[..5000], RedirectPlace.Receive(place.OrdinaryExit, 5000));
        RedirectPlace.Send(place.OrdinaryExit, sent.AsSpan(0, 5000));
        Assert.Equal(sent[..5000], RedirectPlace.Receive(place.Entrance, 5000));
        RedirectPlace.Send(place.To.Outer, sent.AsSpan(0, 5000));
        Assert.Equal(sent[..5000], RedirectPlace.Receive(place.To.Inner, 5000));
        Assert.Empty(before.LeftBehind(IsOurs));
    }

    [Theory]
    [InlineData(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, RedirectSocketKind.UnixStream)]
    [InlineData(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, RedirectSocketKind.UnixDatagram)]
    [InlineData(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, RedirectSocketKind.Udp)]
    [InlineData(SockmapRedirectMode.IngressToEgress, RedirectSocketKind.UnixStream, RedirectSocketKind.Tcp)]
    [InlineData(SockmapRedirectMode.IngressToEgress, RedirectSocketKind.Tcp, RedirectSocketKind.UnixStream)]
    [InlineData(SockmapRedirectMode.IngressToEgress, RedirectSocketKind.Udp, RedirectSocketKind.Tcp)]
    [InlineData(SockmapRedirectMode.IngressToEgress, RedirectSocketKind.UnixDatagram, RedirectSocketKind.Udp)]
    [InlineData(SockmapRedirectMode.IngressToLocal, RedirectSocketKind.Udp, RedirectSocketKind.UnixStream)]
    [InlineData(SockmapRedirectMode.IngressToLocal, RedirectSocketKind.UnixStream, RedirectSocketKind.Udp)]
    public void FamiliesMix(SockmapRedirectMode mode, RedirectSocketKind from, RedirectSocketKind to)
    {
        using RedirectPlace place = new(mode, from, to, isFromIPv6: true);
        SockmapRedirect made = place.Create();
        Assert.Equal(from, made.FromKind);
        Assert.Equal(to, made.ToKind);
        byte[] sent = RedirectPlace.Pattern(20_000);
        foreach (int start in Enumerable.Range(0, 20))
        {
            RedirectPlace.Send(place.Entrance, sent.AsSpan(start * 1000, 1000));
            Assert.Equal(sent[(start * 1000)..((start + 1) * 1000)], RedirectPlace.Receive(place.Exit, 1000));
        }

        Assert.Equal(20_000ul, place.Get().RedirectedBytes);
        Assert.True(place.Remove().IsComplete);
        RedirectPlace.Send(place.Entrance, sent.AsSpan(0, 1000));
        Assert.Equal(sent[..1000], RedirectPlace.Receive(place.OrdinaryExit, 1000));
    }

    [Fact]
    public void NamesAreChosenAndKept()
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal);
        Assert.Empty(place.Manager.List());
        Assert.Equal("first", place.Create(name: "first").Name);
        Assert.Equal(BypassError.RedirectExists, Assert.Throws<BypassException>(() =>
        {
            using RedirectPlace other = new(SockmapRedirectMode.SendToLocal);
            using RedirectEnd from = RedirectEnd.Of(other.From.Inner), to = RedirectEnd.Of(other.To.Inner);
            place.Manager.Create(new RedirectSettings { Mode = SockmapRedirectMode.SendToLocal, Name = "first" }, from, to, TestContext.Current.CancellationToken);
        }).Error);
        Assert.Equal(BypassError.InvalidSetting, Assert.Throws<BypassException>(() => place.Create(name: "no good")).Error);
        Assert.Equal(BypassError.RedirectNotFound, Assert.Throws<BypassException>(() => place.Get("second")).Error);
        Assert.Equal(BypassError.RedirectNotFound, Assert.Throws<BypassException>(() => place.Remove()).Error);
        Assert.Equal(["first"], place.Manager.ListNames());
    }

    [Fact]
    public void ASourceHasOneRedirectForEachSide()
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal);
        place.Create();
        BypassException again = Assert.Throws<BypassException>(() => place.Create());
        Assert.Equal(BypassError.SocketTaken, again.Error);
        Assert.Contains("'redirect-1'", again.Message, StringComparison.Ordinal);

        // What comes in for it is another matter; and there may be many redirects to one target.
        using RedirectEnd from = RedirectEnd.Of(place.From.Inner), to = RedirectEnd.Of(place.To.Inner);
        place.Manager.Create(new RedirectSettings { Mode = SockmapRedirectMode.IngressToEgress }, from, to, TestContext.Current.CancellationToken);
        RedirectPlace.Send(place.From.Inner, "local"u8);
        Assert.Equal("local"u8, RedirectPlace.Receive(place.To.Inner, 5));
        RedirectPlace.Send(place.From.Outer, "egress"u8);
        Assert.Equal("egress"u8, RedirectPlace.Receive(place.To.Outer, 6));
        Assert.True(place.Manager.Remove("redirect-2", cancellationToken: TestContext.Current.CancellationToken).IsComplete);
        Assert.True(place.Remove().IsComplete);
        RedirectPlace.Send(place.From.Inner, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.From.Outer, 4));
    }

    [Fact]
    public void TwoRedirectsMakeAnExchange()
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToEgress);
        place.Create();
        using RedirectEnd one = RedirectEnd.Of(place.From.Inner), other = RedirectEnd.Of(place.To.Inner);
        place.Manager.Create(new RedirectSettings { Mode = SockmapRedirectMode.IngressToEgress }, other, one, TestContext.Current.CancellationToken);
        for (int round = 0; round < 50; round++)
        {
            byte[] question = RedirectPlace.Pattern(1 + (round * 100), round), answer = RedirectPlace.Pattern(5000, round);
            RedirectPlace.Send(place.From.Outer, question);
            Assert.Equal(question, RedirectPlace.Receive(place.To.Outer, question.Length));
            RedirectPlace.Send(place.To.Outer, answer);
            Assert.Equal(answer, RedirectPlace.Receive(place.From.Outer, answer.Length));
        }

        Assert.True(place.Remove().IsComplete);
        Assert.True(place.Manager.Remove("redirect-2", cancellationToken: TestContext.Current.CancellationToken).IsComplete);
        RedirectPlace.Send(place.From.Outer, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.From.Inner, 4));
    }
}
