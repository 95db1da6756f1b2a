using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Redirects;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Redirects;

/// <summary>Bytes that wait: before a redirect, in a target that nobody reads, and when it goes.</summary>
public sealed class RedirectQueueTests
{
    [Theory]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public void WhatTcpHadReceivedComesFirst(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        RedirectPlace.Send(place.Entrance, "old, "u8);
        Assert.True(Patience.Until(() => { using RedirectEnd end = RedirectEnd.Of(place.From.Inner); return end.CountUnread() == 5; }));
        place.Create();
        Assert.Equal("old, "u8, RedirectPlace.Receive(place.Exit, 5));
        RedirectPlace.Send(place.Entrance, "new"u8);
        Assert.Equal("new"u8, RedirectPlace.Receive(place.Exit, 3));
    }

    [Fact]
    public void WhatWasReadOfABufferDoesNotComeTwice()
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToLocal);
        RedirectPlace.Send(place.Entrance, "half and half"u8);
        Assert.Equal("half"u8, RedirectPlace.Receive(place.OrdinaryExit, 4));
        BypassException error = Assert.Throws<BypassException>(() => place.Create(timeout: TimeSpan.FromMilliseconds(50)));
        Assert.Equal(BypassError.BytesUnread, error.Error);
        Assert.Equal(" and half"u8, RedirectPlace.Receive(place.OrdinaryExit, 9));
        place.Create();
        RedirectPlace.Send(place.Entrance, "whole"u8);
        Assert.Equal("whole"u8, RedirectPlace.Receive(place.Exit, 5));
    }

    [Theory]
    [InlineData(RedirectSocketKind.Udp)]
    [InlineData(RedirectSocketKind.UnixStream)]
    [InlineData(RedirectSocketKind.UnixDatagram)]
    public void OthersHaveToBeReadDryFirst(RedirectSocketKind kind)
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToLocal, kind, RedirectSocketKind.UnixStream);
        RedirectPlace.Send(place.Entrance, "old"u8);
        BypassException error = Assert.Throws<BypassException>(() => place.Create(timeout: TimeSpan.FromMilliseconds(50)));
        Assert.Equal(BypassError.BytesUnread, error.Error);
        Assert.Empty(place.Manager.List());
        Assert.Equal("old"u8, RedirectPlace.Receive(place.OrdinaryExit, 3));
        place.Create();
        RedirectPlace.Send(place.Entrance, "new"u8);
        Assert.Equal("new"u8, RedirectPlace.Receive(place.Exit, 3));
    }

    [Theory]
    [InlineData(SockmapRedirectMode.SendToLocal)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public async Task ATargetIsReadDryFirst(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        RedirectPlace.Send(place.To.Outer, "own"u8);
        Assert.Equal(BypassError.BytesUnread, Assert.Throws<BypassException>(() => place.Create(timeout: TimeSpan.FromMilliseconds(50))).Error);

        // Who reads meanwhile lets it go on.
        Task<SockmapRedirect> creation = Task.Run(() => place.Create(timeout: TimeSpan.FromSeconds(10)), TestContext.Current.CancellationToken);
        Assert.Equal("own"u8, RedirectPlace.Receive(place.To.Inner, 3));
        await creation.WaitAsync(Patience.Default, TestContext.Current.CancellationToken);
        RedirectPlace.Send(place.Entrance, "new"u8);
        Assert.Equal("new"u8, RedirectPlace.Receive(place.Exit, 3));
    }

    [Theory]
    [InlineData(RedirectSocketKind.Tcp)]
    [InlineData(RedirectSocketKind.Udp)]
    [InlineData(RedirectSocketKind.UnixStream)]
    [InlineData(RedirectSocketKind.UnixDatagram)]
    public void ASenderIsToldOfAReaderWhoStalls(RedirectSocketKind to)
    {
        const int Limit = 300_000;
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal, RedirectSocketKind.Tcp, to);
        place.Create(queueLimit: Limit);
        byte[] sent = RedirectPlace.Pattern(20_000_000);
        int taken = 0, result;
        while ((result = RedirectPlace.TrySend(place.Entrance, sent.AsSpan(taken, 5000))) > 0)
        {
            taken += result;
            Assert.True(taken < 10 * Limit, "No end to it.");
        }

        Assert.Equal(-Errno.EACCES, result);
        Assert.InRange(taken, Limit / 4, Limit);
        SockmapRedirect full = place.Get();
        Assert.Equal((ulong)taken, full.RedirectedBytes);
        Assert.Equal(5000ul, full.RefusedBytes);
        Assert.Equal(RedirectState.Overrun, full.State);

        // What was taken is there. The kernel keeps to its verdict without asking the program again, until the source is out.
        Assert.Equal(sent[..taken], RedirectPlace.Receive(place.Exit, taken));
        Assert.Equal(-Errno.EACCES, RedirectPlace.TrySend(place.Entrance, "x"u8));
        Assert.Equal(5000ul, place.Get().RefusedBytes);
        Assert.True(place.Remove().IsComplete);
        place.Create();
        RedirectPlace.Send(place.Entrance, "again"u8);
        Assert.Equal("again"u8, RedirectPlace.Receive(place.Exit, 5));
    }

    [Fact]
    public void OnTheWayOutTcpHoldsTheSender()
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToEgress);
        place.Create(queueLimit: 1000);
        byte[] sent = RedirectPlace.Pattern(50_000_000);
        int taken = 0, result;
        while ((result = RedirectPlace.TrySend(place.Entrance, sent.AsSpan(taken, 5000))) > 0)
        {
            taken += result;
            Assert.True(taken < 49_000_000, "No end to it.");
        }

        Assert.Equal(-Errno.EAGAIN, result);
        Assert.Equal(sent[..taken], RedirectPlace.Receive(place.Exit, taken));
    }

    [Theory]
    [InlineData(SockmapRedirectMode.IngressToLocal, RedirectSocketKind.Tcp)]
    [InlineData(SockmapRedirectMode.IngressToLocal, RedirectSocketKind.UnixStream)]
    [InlineData(SockmapRedirectMode.IngressToEgress, RedirectSocketKind.Tcp)]
    [InlineData(SockmapRedirectMode.IngressToEgress, RedirectSocketKind.UnixStream)]
    public void AStreamThatOverrunsItsTargetHasNoGap(SockmapRedirectMode mode, RedirectSocketKind to)
    {
        using RedirectPlace place = new(mode, RedirectSocketKind.Tcp, to);
        place.Create(queueLimit: 1_000_000);
        byte[] sent = RedirectPlace.Pattern(100_000_000);
        int taken = 0, idle = 0;
        while (idle < 200 && taken < sent.Length)
        {
            int result = RedirectPlace.TrySend(place.Entrance, sent.AsSpan(taken, Math.Min(50_000, sent.Length - taken)));
            if (result > 0)
            {
                taken += result;
                idle = 0;
            }
            else
            {
                Assert.Equal(-Errno.EAGAIN, result);
                idle++;
                Thread.Sleep(1);
            }
        }

        // Flow control holds the sender, though nobody reads.
        Assert.True(taken < sent.Length, "Nothing held the sender.");
        SockmapRedirect full = place.Get();
        Assert.Equal(RedirectState.Overrun, full.State);
        Assert.Equal(0ul, full.DroppedBytes);

        // The target has the beginning, the source the rest.
        int first = (int)full.RedirectedBytes;
        Assert.Equal(sent[..first], RedirectPlace.Receive(place.Exit, first));
        Assert.Equal(sent[first..taken], RedirectPlace.Receive(place.OrdinaryExit, taken - first));
        Assert.True(place.Remove().IsComplete);
        RedirectPlace.Send(place.Entrance, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.OrdinaryExit, 4));
    }

    [Fact]
    public void DatagramsThatHaveNoRoomAreDropped()
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToLocal, RedirectSocketKind.Udp, RedirectSocketKind.Udp);
        place.Create(queueLimit: 100_000);
        for (int i = 0; i < 2000; i++)
        {
            RedirectPlace.Send(place.Entrance, RedirectPlace.Pattern(1000, i));
        }

        SockmapRedirect full = place.Get();
        Assert.Equal(RedirectState.Active, full.State);
        Assert.Equal(2000ul, full.RedirectedMessages + full.DroppedMessages);
        Assert.InRange(full.RedirectedMessages, 10ul, 110ul);
        RedirectPlace.Receive(place.Exit, (int)full.RedirectedBytes);
        RedirectPlace.Send(place.Entrance, "more"u8);
        Assert.Equal("more"u8, RedirectPlace.Receive(place.Exit, 4));
    }

    [Theory]
    [InlineData(SockmapRedirectMode.SendToLocal)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public void RemovalWaitsForTheReader(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        place.Create();
        byte[] sent = RedirectPlace.Pattern(100_000);
        RedirectPlace.Send(place.Entrance, sent);
        Assert.True(Patience.Until(() => place.Get().QueuedBytes == 100_000));
        RedirectRemovalResult early = place.Remove(timeout: TimeSpan.FromMilliseconds(50));
        Assert.False(early.IsComplete);
        Assert.Equal(100_000ul, early.UnreadBytes);
        Assert.Single(early.Waiting);
        Assert.Equal(RedirectState.Draining, place.Get().State);

        // It redirects no more, and what it had is not lost.
        RedirectPlace.Send(place.Entrance, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.OrdinaryExit, 4));
        Assert.Equal(sent, RedirectPlace.Receive(place.Exit, sent.Length));
        Assert.True(place.Remove().IsComplete);
    }

    [Fact]
    public void ForcedItDropsAndSaysHowMuch()
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal);
        place.Create();
        RedirectPlace.Send(place.Entrance, RedirectPlace.Pattern(100_000));
        RedirectRemovalResult removed = place.Remove(force: true);
        Assert.True(removed.IsComplete);
        Assert.Equal(100_000ul, removed.DroppedBytes);
        RedirectPlace.Send(place.To.Outer, "home"u8);
        Assert.Equal("home"u8, RedirectPlace.Receive(place.To.Inner, 4));
    }

    [Fact]
    public void ForcedASourceKeepsWhatItHasNotRead()
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToLocal);
        place.Create();
        place.To.Dispose();
        KernelObject map = MapAt(Path.Combine(place.Get().Path, "source"));

        // So little that no kernel holds back a part of it on the way into the source's queue.
        byte[] sent = RedirectPlace.Pattern(20_000);
        RedirectPlace.Send(place.Entrance, sent);
        Assert.True(Patience.Until(() => place.Get().UnreadBytes == 20_000));
        Assert.False(place.Remove(timeout: TimeSpan.Zero).IsComplete);
        RedirectRemovalResult removed = place.Remove(force: true);
        Assert.True(removed.IsComplete);
        Assert.True(removed.SourceStays);
        Assert.Equal("bytes that it had received were still unread", removed.StayReason);
        AwaitFrees();
        Assert.Equal(0ul, removed.DroppedBytes);
        Assert.Empty(place.Manager.List());
        Assert.Equal(sent, RedirectPlace.Receive(place.OrdinaryExit, sent.Length));
        RedirectPlace.Send(place.Entrance, sent);
        Assert.Equal(sent, RedirectPlace.Receive(place.OrdinaryExit, sent.Length));

        // Its map goes with it.
        using (BpfMap kept = BpfMap.OpenById(map.Id))
        {
            Assert.Equal("source", kept.Name);
        }

        place.From.Dispose();
        InstalledBypass.AssertGone([map]);
    }

    [Theory]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public void ABlockingReaderOfTheSourceLosesNothing(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        place.Create();
        using MemoryStream home = new();
        using CancellationTokenSource stop = new();
        Thread reader = new(() =>
        {
            byte[] buffer = new byte[5000];
            while (!stop.IsCancellationRequested)
            {
                // It blocks, though the kernel wakes it for what it does not get.
                int read = SocketCalls.Recv(place.OrdinaryExit, buffer, 0);
                lock (home)
                {
                    home.Write(buffer, 0, Math.Max(read, 0));
                }
            }
        });
        reader.Start();

        // So little that no kernel holds back a part of it on the way into the source's queue.
        byte[] sent = RedirectPlace.Pattern(200_000);
        for (int i = 0; i < sent.Length; i += 10_000)
        {
            RedirectPlace.Send(place.Entrance, sent.AsSpan(i, 10_000));
            Assert.Equal(sent[i..(i + 10_000)], RedirectPlace.Receive(place.Exit, 10_000));
        }

        RedirectPlace.AwaitBlockedReader(place.OrdinaryExit);
        RedirectRemovalResult removed = place.Remove();
        Assert.True(removed.IsComplete);

        // It waits inside the sockmap's own receive.
        Assert.True(removed.SourceStays, string.Join('\n', place.Steps));
        Assert.Contains("process", removed.StayReason, StringComparison.Ordinal);
        Assert.Empty(place.Manager.List());
        stop.CancelAfter(Patience.Default);
        RedirectPlace.Send(place.Entrance, sent);
        Assert.True(Patience.Until(() => { lock (home) { return home.Length == sent.Length; } }), $"{home.Length} bytes came, {removed}.");
        Assert.Equal(sent, home.ToArray());
        stop.Cancel();
        RedirectPlace.Send(place.Entrance, "x"u8);
        reader.Join();
    }

    [Fact]
    public void ThatItWaitsForAReaderIsSaid()
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToLocal);
        place.Create();
        byte[] home = new byte[10];
        Thread reader = new(() => SocketCalls.Recv(place.OrdinaryExit, home, 0)) { IsBackground = true };
        reader.Start();
        RedirectPlace.AwaitBlockedReader(place.OrdinaryExit);

        // On a slow machine all of its patience is over before it looks at the time.
        RedirectRemovalResult first = place.Remove(timeout: TimeSpan.Zero);
        RedirectRemovalResult removed = first.IsComplete ? first : place.Remove();

        Assert.Contains("a process waits in a receive of it", first.IsComplete ? first.StayReason : Assert.Single(first.Waiting), StringComparison.Ordinal);
        Assert.True(removed.IsComplete && removed.SourceStays, string.Join('\n', place.Steps));
        RedirectPlace.Send(place.Entrance, "home"u8);
        Assert.True(reader.Join(Patience.Default));
        Assert.Equal("home"u8, home.AsSpan(0, 4));
    }

    /// <summary>It waits in TCP's own receive, which minds nothing.</summary>
    [Theory]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public void AReaderWhoHasWaitedSinceBeforeKeepsTheSourceFromNothing(SockmapRedirectMode mode)
    {
        using RedirectPlace place = new(mode);
        byte[] home = new byte[10];
        int read = 0;
        Thread reader = new(() => read = SocketCalls.Recv(place.OrdinaryExit, home, 0)) { IsBackground = true };
        reader.Start();
        RedirectPlace.AwaitBlockedReader(place.OrdinaryExit);
        place.Create();
        RedirectPlace.Send(place.Entrance, "away"u8);
        Assert.Equal("away"u8, RedirectPlace.Receive(place.Exit, 4));

        RedirectRemovalResult removed = place.Remove();

        Assert.True(removed.IsComplete);
        Assert.False(removed.SourceStays, string.Join('\n', place.Steps));
        Assert.True(reader.IsAlive);
        RedirectPlace.Send(place.Entrance, "home"u8);
        Assert.True(reader.Join(Patience.Default));
        Assert.Equal("home"u8, home.AsSpan(0, read));
    }

    [Theory]
    [InlineData(SockmapRedirectMode.SendToLocal)]
    [InlineData(SockmapRedirectMode.SendToEgress)]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public async Task UnderTrafficNotAByteIsLost(SockmapRedirectMode mode)
    {
        for (int round = 0; round < 5; round++)
        {
            using RedirectPlace place = new(mode);
            await AssertNotAByteIsLost(place, round);
        }
    }

    /// <summary>Not that of the process that holds them: a thread of it was there, or another process's that has ended.</summary>
    [Theory]
    [InlineData(SockmapRedirectMode.IngressToEgress)]
    [InlineData(SockmapRedirectMode.IngressToLocal)]
    public async Task InAnotherNetworkNamespaceThanItsProcessesNeither(SockmapRedirectMode mode)
    {
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        for (int round = 0; round < 5; round++)
        {
            using RedirectPlace place = network.Run(() => new RedirectPlace(mode));
            bool stays = await AssertNotAByteIsLost(place, round);
            Assert.True(stays || place.Steps.Exists(step => step.Contains("under its lock", StringComparison.Ordinal)), string.Join('\n', place.Steps));
        }
    }

    private static KernelObject MapAt(string pin)
    {
        using BpfMap map = BpfMap.OpenPinned(pin);
        return new KernelObject(KernelObjectKind.BpfMap, map.GetInfo().Id, map.Name);
    }

    /// <summary>Until the kernel has freed what was let go of before: it does so behind everybody's back, in that order.</summary>
    private static void AwaitFrees()
    {
        KernelObject last;
        using (BpfMap map = BpfMap.Create(new MapCreateRequest { Type = BpfMapType.SockMap, KeySize = 4, ValueSize = 8, MaxEntries = 1, Name = "last" }))
        {
            last = new KernelObject(KernelObjectKind.BpfMap, map.GetInfo().Id, map.Name);
        }

        InstalledBypass.AssertGone([last]);
    }

    /// <returns>Whether the source stayed in its map.</returns>
    private static async Task<bool> AssertNotAByteIsLost(RedirectPlace place, int round)
    {
        using CancellationTokenSource stop = new();
        using CountedReader home = new(place.OrdinaryExit), away = new(place.Exit);
        int chunk = 3000 + (round * 7777);
        Task<long> sending = Task.Run(() => CountedStream.Send(place.Entrance, chunk, stop.Token), TestContext.Current.CancellationToken);
        Assert.True(Patience.Until(() => home.Length > 20_000));
        place.Create(timeout: TimeSpan.FromSeconds(20));
        Assert.True(Patience.Until(() => place.Get().RedirectedBytes > 1_000_000), $"{place.Get().RedirectedBytes} bytes were redirected: home {home.Describe()}; away {away.Describe()}.");
        RedirectRemovalResult removed = place.Remove();
        Assert.True(removed.IsComplete, $"{string.Join("; ", removed.Waiting)}: home {home.Describe()}; away {away.Describe()}.");
        Assert.Equal(0ul, removed.DroppedBytes);
        long before = home.Length;
        Assert.True(Patience.Until(() => home.Length > before + 20_000), $"Nothing came after the removal: home {home.Describe()}; away {away.Describe()}.");
        await stop.CancelAsync();
        long sent = await sending.WaitAsync(Patience.Default, TestContext.Current.CancellationToken);
        bool allCame = Patience.Until(() => home.Length + away.Length >= sent);

        // One piece out of the middle went the other way.
        string seen = $"{sent} were sent, home {home.Describe()}; away {away.Describe()}; {(allCame ? "all" : "not all")}; {removed}; {string.Join(' ', place.Steps)}";
        Assert.True(allCame && home.Pieces.Count == 2, seen);
        (long start, long end) = Assert.Single(away.Pieces);
        long alike = home.Pieces[0].End - start;
        Assert.True(alike is >= 0 and < CountedStream.NumberLength, seen);
        Assert.True(home.Pieces.SequenceEqual([(0, start + alike), (end + alike, sent)]), seen);
        return removed.SourceStays;
    }
}
