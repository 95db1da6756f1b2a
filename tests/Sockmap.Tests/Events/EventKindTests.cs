using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Events;
using Sockmap.Filters;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Events;

/// <summary>Each kind of event, made to happen in the kernel, with what it tells.</summary>
public sealed class EventKindTests
{
    [Theory]
    [EachVariant]
    public void AConnectionIsToldOfFromItsFirstMomentToItsLast(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using EventRecorder recorder = new(bypass);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        DateTime begin = DateTime.Now;
        int clientPort;
        using (LocalConnection connection = new(listener))
        {
            clientPort = connection.ClientPort;
            for (int i = 0; i < 5; i++)
            {
                connection.Client.Send(new byte[100]);
                LocalConnection.Read(connection.Server, 100);
                connection.Server.Send(new byte[7]);
                LocalConnection.Read(connection.Client, 7);
            }
        }

        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == clientPort);
        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.RemotePort == clientPort);
        DateTime end = DateTime.Now;
        int serverPort = ((IPEndPoint)listener.LocalEndPoint!).Port;
        foreach (bool isClient in (bool[])[true, false])
        {
            List<SockmapEvent> events = [.. recorder.Seen.Where(happened => happened.LocalPort == (isClient ? clientPort : serverPort))];
            Assert.Equal([SockmapEventKind.Established, SockmapEventKind.Joined, SockmapEventKind.Switched, SockmapEventKind.Closed], events.Select(happened => happened.Kind));
            Assert.All(events, happened =>
            {
                Assert.Equal("default", happened.Bypass);
                Assert.Equal(AddressFamilies.IPv4, happened.Family);
                Assert.Equal((IPAddress.Loopback, IPAddress.Loopback), (happened.LocalAddress, happened.RemoteAddress));
                Assert.Equal(isClient ? serverPort : clientPort, happened.RemotePort);
                Assert.Equal(isClient, happened.IsClient);
                Assert.Equal(SockmapReason.None, happened.Reason);
                Assert.Equal(bypass.Cgroup.Path, happened.Cgroup);
                Assert.Equal(events[0].CgroupId, happened.CgroupId);
                Assert.Equal(0u, happened.UserId);
                Assert.NotEqual(0UL, happened.Cookie);
                Assert.Equal(events[0].Cookie, happened.Cookie);

                // The clocks tick in steps of their own.
                Assert.InRange(happened.Time, begin.AddMilliseconds(-20), end.AddMilliseconds(20));
                Assert.Equal(DateTimeKind.Local, happened.Time.Kind);
                Assert.Equal(0UL, happened.LostEvents);
            });
            Assert.Equal(events.Select(happened => happened.Time).Order(), events.Select(happened => happened.Time));
            Assert.Equal((0UL, 0UL), (events[1].RedirectedBytes, events[1].TcpBytes));
            Assert.Equal(isClient ? 500UL : 35UL, events[^1].RedirectedBytes);
            Assert.Equal(5UL, events[^1].RedirectedMessages);
            Assert.Equal((0UL, 0UL, 0UL), (events[^1].TcpBytes, events[^1].TcpMessages, events[^1].SpilledMessages));
        }
    }

    [Fact]
    public void TheProcessesThatHaveTheSocketOpenAreTold()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder recorder = new(bypass);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        int port;
        using (LocalConnection connection = new(listener))
        {
            port = connection.ClientPort;
            recorder.WaitFor(SockmapEventKind.Joined, happened => happened.LocalPort == port);
            connection.Client.Send(new byte[10]);
            LocalConnection.Read(connection.Server, 10);
            recorder.WaitFor(SockmapEventKind.Switched, happened => happened.LocalPort == port);
        }

        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
        string name = File.ReadAllText("/proc/self/comm").TrimEnd('\n');
        Assert.All(recorder.Seen.Where(happened => happened.LocalPort == port), happened =>
        {
            Assert.Equal([Environment.ProcessId], happened.ProcessId);
            Assert.Equal([name], happened.ProcessName);
        });
    }

    [Theory]
    [EachVariant]
    public void AFullReceiverSpillsAndOneThatHasReadIsSwitchedToAgain(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using EventRecorder recorder = new(bypass);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Blocking = false;
        SocketError error;
        do
        {
            connection.Client.Send(new byte[60_000], SocketFlags.None, out error);
        }
        while (error == SocketError.Success);

        SockmapEvent spilled = recorder.WaitFor(SockmapEventKind.Spilled);

        Assert.Equal(connection.ClientPort, spilled.LocalPort);
        Assert.Equal(SockmapReason.Spilled, spilled.Reason);
        Assert.Equal((1UL, 1UL, 60_000UL), (spilled.SpilledMessages, spilled.TcpMessages, spilled.TcpBytes));
        Assert.True(spilled.RedirectedBytes >= 2 << 20, $"{spilled}");
        Assert.Equal(spilled.RedirectedMessages * 60_000, spilled.RedirectedBytes);

        SockmapEntry entry = bypass.Entries.Single(entry => entry.LocalPort == connection.ClientPort);
        LocalConnection.Read(connection.Server, (int)(entry.RedirectedBytes + entry.TcpBytes));
        ulong messages = entry.RedirectedBytes + entry.TcpBytes;

        // The kernel asks no program about the send after one of which TCP took a part.
        Assert.True(Patience.Until(() =>
        {
            messages += (ulong)connection.Client.Send(new byte[5]);
            LocalConnection.Read(connection.Server, 5);
            return recorder.Seen.Count(happened => happened.Kind == SockmapEventKind.Switched) == 2;
        }));
        connection.Dispose();
        SockmapEvent closed = recorder.WaitFor(SockmapEventKind.Closed, happened => happened.IsClient);
        Assert.Equal(messages, closed.RedirectedBytes + closed.TcpBytes);
        Assert.Equal(2, recorder.Seen.Count(happened => happened.Kind == SockmapEventKind.Switched));
        Assert.Single(recorder.Seen, happened => happened.Kind == SockmapEventKind.Spilled);
    }

    [Fact]
    public void AnEmptiedSlotIsAFallBack()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder recorder = new(bypass);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send(new byte[11]);
        using (BpfMap slot = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "slot")))
        {
            slot.Delete(new byte[sizeof(uint)]);
        }

        connection.Client.Send(new byte[22]);

        SockmapEvent fell = recorder.WaitFor(SockmapEventKind.FellBack);
        Assert.Equal(connection.ClientPort, fell.LocalPort);
        Assert.Equal(SockmapReason.Paused, fell.Reason);
        Assert.Equal((11UL, 22UL), (fell.RedirectedBytes, fell.TcpBytes));
        Assert.Equal(33, LocalConnection.Read(connection.Server, 33).Length);
    }

    [Fact]
    public void ASocketThatFindsTheMapFullFails()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { MaxEntries = 2 });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection first = new(listener);
        using EventRecorder recorder = new(bypass);
        using LocalConnection second = new(listener);

        SockmapEvent client = recorder.WaitFor(SockmapEventKind.Failed, happened => happened.IsClient);
        SockmapEvent server = recorder.WaitFor(SockmapEventKind.Failed, happened => !happened.IsClient);

        Assert.Equal((SockmapReason.MapFull, SockmapReason.MapFull), (client.Reason, server.Reason));
        Assert.Equal((second.ClientPort, second.ClientPort), (client.LocalPort, server.RemotePort));
        Assert.Equal(2, recorder.Seen.Count(happened => happened is { Kind: SockmapEventKind.Established, Reason: SockmapReason.None }));
        Assert.DoesNotContain(recorder.Seen, happened => happened.Kind == SockmapEventKind.Joined);
    }

    [Fact]
    public void ASocketThatTheFiltersKeepOutIsEstablishedWithTheReason()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { ExcludedAddresses = [AddressRange.Parse("127.0.0.0/8")] });
        using EventRecorder recorder = new(bypass);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);

        SockmapEvent client = recorder.WaitFor(SockmapEventKind.Established, happened => happened.IsClient);
        SockmapEvent server = recorder.WaitFor(SockmapEventKind.Established, happened => !happened.IsClient);

        Assert.Equal((SockmapReason.Filtered, SockmapReason.Filtered), (client.Reason, server.Reason));
        Assert.Equal((connection.ClientPort, connection.ClientPort), (client.LocalPort, server.RemotePort));
    }

    [Fact]
    public void WhatUserSpaceTellsIsAnEventToo()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using EventRecorder recorder = new(bypass);
        BypassEvent told = new()
        {
            Key = EntryState.CreateKey(new IPEndPoint(IPAddress.IPv6Loopback, 5001), new IPEndPoint(IPAddress.IPv6Loopback, 5002), 1),
            Kind = EventKind.Left,
            Cookie = 42,
            CgroupId = ulong.MaxValue,
            RedirectedBytes = 7,
        };
        using BpfProgram announce = BpfProgram.OpenPinned(Path.Combine(bypass.Folder, "announce"));
        announce.Run([], MemoryMarshal.AsBytes(new ReadOnlySpan<BypassEvent>(in told)));

        SockmapEvent left = recorder.WaitFor(SockmapEventKind.Left);

        Assert.Equal((AddressFamilies.IPv6, IPAddress.IPv6Loopback, 5001, 5002), (left.Family, left.LocalAddress, left.LocalPort, left.RemotePort));
        Assert.Equal((42UL, 7UL, false), (left.Cookie, left.RedirectedBytes, left.IsClient));
        Assert.Null(left.Cgroup);
    }
    [Fact]
    public void AConnectionThatWasPutInIsToldOfWhenItEnds()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        LocalConnection connection = new(listener);
        int port = connection.ClientPort;
        bypass.Install();
        using EventRecorder recorder = new(bypass);
        bypass.AddAll();
        connection.Dispose();
        using LocalConnection last = new(listener);
        int lastPort = last.ClientPort;

        recorder.WaitFor(SockmapEventKind.Joined, happened => happened.LocalPort == lastPort);
        Assert.Single(recorder.Seen, happened => happened.Kind == SockmapEventKind.Closed && happened.LocalPort == port);
    }

}
