using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Events;
using Sockmap.Filters;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Events;

/// <summary>Watchers come and go, die, are slow, or are too many.</summary>
public sealed class WatcherTests
{
    private const int Places = 4;

    [Fact]
    public void NothingIsLeftInTheKernelAfterwards()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        uint ring;
        using (EventRecorder recorder = new(bypass))
        {
            ring = Assert.Single(Rings(bypass));
            using BpfMap opened = BpfMap.OpenById(ring);
            Assert.Equal((BpfMapType.RingBuf, "sockmap_events"), (opened.Type, opened.Name));
            Connect(bypass, 1);
            recorder.WaitFor(SockmapEventKind.Closed);
        }

        Assert.Empty(Rings(bypass));
        InstalledBypass.AssertGone([new KernelObject(KernelObjectKind.BpfMap, ring, "sockmap_events")]);
    }

    [Fact]
    public void TwoWatchersSeeTheSame()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder one = new(bypass);
        using EventRecorder other = new(bypass);

        int last = Connect(bypass, 20);

        foreach (EventRecorder recorder in (EventRecorder[])[one, other])
        {
            recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == last);
            recorder.WaitFor(SockmapEventKind.Closed, happened => happened.RemotePort == last);
        }

        Assert.Equal(One(one), One(other));
        Assert.Equal(40, one.Seen.Count(happened => happened.Kind == SockmapEventKind.Joined));

        // Which of the processes was seen is a matter of when each looked.
        static IEnumerable<(SockmapEventKind Kind, ulong Cookie, int LocalPort, int RemotePort, ulong RedirectedBytes)> One(EventRecorder recorder) =>
            recorder.Seen.Select(happened => (happened.Kind, happened.Cookie, happened.LocalPort, happened.RemotePort, happened.RedirectedBytes));
    }

    [Fact]
    public void EventsThatATinyBufferHasNoRoomForAreCounted()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder all = new(bypass);
        using CancellationTokenSource stop = new();
        using IEnumerator<SockmapEvent> slow = bypass.Manager
            .Watch("default", new WatchOptions { BufferSize = Environment.SystemPageSize }, stop.Token)
            .GetEnumerator();
        Begin(bypass, slow, watchers: 2);

        // Nobody asks for the next one while these come.
        int last = Connect(bypass, 30);
        all.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == last);
        all.WaitFor(SockmapEventKind.Closed, happened => happened.RemotePort == last);
        ulong seen = 0;
        ulong lost = 0;
        ulong total = (ulong)all.Seen.Count;
        do
        {
            seen += slow.Current.Kind == SockmapEventKind.Lost ? 0UL : 1;
            lost += slow.Current.LostEvents;
        }
        while (seen + lost < total && slow.MoveNext());

        Assert.True(lost > 0);
        Assert.Equal(total, seen + lost);
        Assert.DoesNotContain(all.Seen, happened => happened.Kind == SockmapEventKind.Lost);
    }

    [Fact]
    public void LossesOfAnEarlierWatcherAreNotTold()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        EventsThatNobodyReads(bypass);
        using EventRecorder recorder = new(bypass);

        int last = Connect(bypass, 1);

        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == last);
        Assert.DoesNotContain(recorder.Seen, happened => happened.Kind == SockmapEventKind.Lost);
    }

    [Fact]
    public void AFifthWatcherIsToldThatThereIsNoRoom()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        List<EventRecorder> recorders = [];
        try
        {
            for (int i = 0; i < Places; i++)
            {
                recorders.Add(new EventRecorder(bypass));
            }

            BypassException e = Assert.Throws<BypassException>(() => bypass.Manager.Watch("default").First());
            Assert.Equal(BypassError.TooManyWatchers, e.Error);
            Assert.Contains("4 watchers", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            recorders.ForEach(recorder => recorder.Dispose());
        }

        using EventRecorder again = new(bypass);
    }

    [Fact]
    public void ThePlaceOfAWatcherThatWasKilledIsSweptAndOnlyThat()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder living = new(bypass);
        uint kept = Assert.Single(Rings(bypass));
        using (Process child = WatcherChild.Start(bypass.BpfFileSystem.Path))
        {
            Assert.True(Patience.Until(() => Rings(bypass).Count == 2, TimeSpan.FromSeconds(60)));
            child.Kill();
            child.WaitForExit();
        }

        Assert.Equal(2, Rings(bypass).Count);
        using EventRecorder next = new(bypass);

        next.WaitForStep("Took away ring buffer");
        IReadOnlyList<uint> rings = Rings(bypass);
        Assert.Equal(2, rings.Count);
        Assert.Contains(kept, rings);
        int port = Connect(bypass, 1);
        living.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
        next.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
    }

    [Fact]
    public void WhoeverLosesHisPlaceTakesAnother()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder recorder = new(bypass);
        using (BpfMap watchers = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "watchers")))
        {
            watchers.Delete(BitConverter.GetBytes(0));
        }

        recorder.WaitForStep("Watching bypass", skip: 1);

        int port = Connect(bypass, 1);
        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
    }

    [Fact]
    public void ARemovalEndsTheStream()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder recorder = new(bypass);

        bypass.Remove();

        Assert.True(Patience.Until(() => recorder.HasEnded));
    }

    [Fact]
    public void AReplacementIsWatchedOn()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder recorder = new(bypass);
        int before = Connect(bypass, 1);

        bypass.Install(settings => settings with { MaxEntries = 99 }, new InstallOptions { Replace = true });

        recorder.WaitForStep("Watching bypass", skip: 1);
        int after = Connect(bypass, 1);
        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == before);
        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == after);
        Assert.True(Patience.Until(() => Rings(bypass).Count == 1));
    }

    [Fact]
    public void FiltersChoose()
    {
        using InstalledBypass bypass = new();
        using TestCgroup below = bypass.Cgroup.CreateChild("below");
        bypass.Install();
        int port = FreePort();
        using EventRecorder byPort = new(bypass, new WatchOptions { Filter = new EntryFilter { RemotePorts = [new PortRange(port, port)] } });
        using EventRecorder byKind = new(bypass, new WatchOptions { Kinds = [SockmapEventKind.Joined, SockmapEventKind.Closed] });
        using EventRecorder byCgroup = new(bypass, new WatchOptions { Filter = new EntryFilter { Cgroups = [below.Path] } });
        using EventRecorder byProcess = new(bypass, new WatchOptions { Filter = new EntryFilter { ProcessIds = [Environment.ProcessId], ProcessNames = [name => name.Length > 0] } });

        Connect(bypass, 1);
        using (CgroupVisit visit = CgroupVisit.To(below))
        using (Socket listener = LocalConnection.Listen(port))
        using (LocalConnection connection = new(listener))
        {
            byProcess.WaitFor(SockmapEventKind.Joined, happened => happened.RemotePort == port);
        }

        byPort.WaitFor(SockmapEventKind.Closed);
        byKind.WaitFor(SockmapEventKind.Closed, happened => happened.RemotePort == port);
        byKind.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
        byCgroup.WaitFor(SockmapEventKind.Closed);
        Assert.Equal([SockmapEventKind.Established, SockmapEventKind.Joined, SockmapEventKind.Closed], byPort.Seen.Select(happened => happened.Kind));
        Assert.All(byPort.Seen, happened => Assert.True(happened.IsClient && happened.RemotePort == port));
        Assert.Equal(8, byKind.Seen.Count);
        Assert.All(byKind.Seen, happened => Assert.True(happened.Kind is SockmapEventKind.Joined or SockmapEventKind.Closed));
        Assert.All(byCgroup.Seen, happened => Assert.Equal(below.Path, happened.Cgroup));
        Assert.All(byProcess.Seen, happened => Assert.Equal([Environment.ProcessId], happened.ProcessId));
    }

    [Fact]
    public void WhatCannotBeWatchedSaysSo()
    {
        using InstalledBypass bypass = new();
        Assert.Equal(BypassError.BypassNotFound, Assert.Throws<BypassException>(() => bypass.Manager.Watch("default").First()).Error);
        bypass.Install();
        foreach (int size in (int[])[0, -4096, 100, Environment.SystemPageSize / 2, 5 * Environment.SystemPageSize])
        {
            BypassException e = Assert.Throws<BypassException>(() => bypass.Manager.Watch("default", new WatchOptions { BufferSize = size }));
            Assert.Equal(BypassError.InvalidSetting, e.Error);
        }

        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => bypass.Manager.Watch("default", cancellationToken: stop.Token).First());
        Assert.Empty(Rings(bypass));
    }

    /// <summary>Connects so many times, each time with a message; the last client's port.</summary>
    private static int Connect(InstalledBypass bypass, int times)
    {
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        int port = 0;
        for (int i = 0; i < times; i++)
        {
            using LocalConnection connection = new(listener);
            connection.Client.Send(new byte[i + 1]);
            LocalConnection.Read(connection.Server, i + 1);
            port = connection.ClientPort;
        }

        return port;
    }

    /// <summary>Has a stream begin and give a first event.</summary>
    private static void Begin(InstalledBypass bypass, IEnumerator<SockmapEvent> stream, int watchers)
    {
        bool hasOne = false;
        Thread first = new(() => hasOne = stream.MoveNext());
        first.Start();
        Assert.True(Patience.Until(() => Rings(bypass).Count == watchers));
        Connect(bypass, 1);
        first.Join();
        Assert.True(hasOne);
    }

    private static void EventsThatNobodyReads(InstalledBypass bypass)
    {
        using CancellationTokenSource stop = new();
        using IEnumerator<SockmapEvent> slow = bypass.Manager
            .Watch("default", new WatchOptions { BufferSize = Environment.SystemPageSize }, stop.Token)
            .GetEnumerator();
        Begin(bypass, slow, watchers: 1);
        Connect(bypass, 30);
        using BpfMap lost = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "lost"));
        Assert.True(lost.TryLookup(0u, out ulong count) && count > 0, "Nothing was lost.");
    }

    /// <summary>Ids of the ring buffers that are in places.</summary>
    private static IReadOnlyList<uint> Rings(InstalledBypass bypass)
    {
        using BpfMap watchers = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "watchers"));
        return [.. Enumerable.Range(0, Places).Select(place => watchers.TryLookup((uint)place, out uint id) ? id : 0).Where(id => id != 0)];
    }

    private static int FreePort()
    {
        using Socket listener = LocalConnection.Listen();
        return int.Parse(listener.LocalEndPoint!.ToString()!.Split(':')[^1], CultureInfo.InvariantCulture);
    }
}
