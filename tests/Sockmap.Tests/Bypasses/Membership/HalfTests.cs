using System.Net.Sockets;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Membership;
using Sockmap.Events;
using Sockmap.Sockets;
using Sockmap.Support.Experiments;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Events;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>Sockets that are in without their other end, that did not come in, or that are out again.</summary>
public sealed class HalfTests
{
    [Theory]
    [EachVariant]
    public void AReaderWhoSatInRecvIsReachedByAnEndThatWasInBefore(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = Connect(bypass, listener);
        Assert.Single(bypass.Entries);
        using BlockedReader own = BlockedReader.Start(connection.Client, 1, flags: 0);
        Assert.True(own.WaitUntilAsleepOrDone());
        using BlockedReader reader = BlockedReader.Start(connection.Server, 3, flags: 0);
        Assert.True(reader.WaitUntilAsleepOrDone());

        ConnectionCandidate candidate = bypass.Manager.FindCandidates(BypassSettings.DefaultName, matchingOnly: false)
            .Single(found => found.LocalPort == connection.ClientPort);
        Assert.Null(Assert.Single(bypass.Manager.AddConnections(BypassSettings.DefaultName, [candidate])).Error);
        Assert.Equal(2, bypass.Entries.Count);
        connection.Client.Send([1, 2, 3]);

        Assert.True(reader.WaitUntilAsleepOrDone());
        Assert.Equal((0UL, 1UL), (bypass.Status.MessagesRedirected, bypass.Status.MessagesOverTcp));
        Assert.Equal(3, reader.Result);
        connection.Server.Send([4]);
        Assert.Equal(1, own.Result);
        connection.Client.Send([5]);
        Assert.Equal([5], LocalConnection.Read(connection.Server, 1));
        Assert.Equal(1UL, bypass.Status.MessagesRedirected);
    }

    [Fact]
    public void AConnectionThatIsNotTakenLeavesNoStateBehind()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        bypass.Install();
        bypass.Install(settings => settings with { Name = "other" });
        ConnectionCandidate candidate = Assert.Single(bypass.Candidates());
        bypass.AddAll();

        AdditionResult result = Assert.Single(bypass.Manager.AddConnections("other", [candidate]));

        Assert.Equal(BypassError.ConnectionNotTaken, result.Error?.Error);
        using BpfMap storage = BpfMap.OpenPinned(Path.Combine(bypass.Store, "other", "storage"));
        foreach (Socket socket in (Socket[])[connection.Client, connection.Server])
        {
            using DescriptorKey key = new(socket.SafeHandle);
            Assert.False(storage.TryLookup(key.Bytes, new byte[storage.LookupSize]));
        }
    }

    [Fact]
    public void ASocketThatLeftAndConnectsAgainLeavesOthersIn()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection former = new(listener);
        int port = former.ClientPort;
        Assert.Equal(2, bypass.Manager.RemoveEntries(BypassSettings.DefaultName, [.. bypass.Entries.Select(entry => entry.Cookie)]).Removed.Count);
        Reconnection.Disconnect(former.Client);
        former.Server.Dispose();
        using LocalConnection next = new(listener, port);
        next.Client.Send([0]);
        Assert.Equal([0], LocalConnection.Read(next.Server, 1));
        next.Server.Send([1, 2, 3]);
        Assert.Equal(2, bypass.Entries.Count);

        using Socket elsewhere = LocalConnection.Listen();
        Reconnection.Connect(former.Client, elsewhere.LocalEndPoint!);
        using Socket accepted = elsewhere.Accept();

        Assert.Equal([1, 2, 3], LocalConnection.Read(next.Client, 3));
        Assert.Equal(4, bypass.Entries.Count);
    }

    [Fact]
    public void WhatASocketSendsAfterItLeftIsNotCounted()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using EventRecorder recorder = new(bypass);
        LocalConnection connection = new(listener);
        int port = connection.ClientPort;
        bypass.Manager.RemoveEntries(BypassSettings.DefaultName, [.. bypass.Entries.Select(entry => entry.Cookie)]);
        ulong before = bypass.Status.BytesOverTcp;

        // More than a difference of two sequence numbers tells.
        const long Total = 2200L << 20;
        Thread sender = new(() =>
        {
            byte[] block = new byte[1 << 20];
            for (long sent = 0; sent < Total; sent += block.Length)
            {
                connection.Client.Send(block);
            }

            connection.Client.Shutdown(SocketShutdown.Send);
        });
        sender.Start();
        byte[] buffer = new byte[1 << 20];
        long received = 0;
        for (int read; (read = connection.Server.Receive(buffer)) > 0;)
        {
            received += read;
        }

        sender.Join();
        connection.Dispose();
        Assert.Equal(Total, received);
        SockmapEvent left = recorder.WaitFor(SockmapEventKind.Left, happened => happened.LocalPort == port);
        SockmapEvent closed = recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
        Assert.Equal(left.TcpBytes, closed.TcpBytes);
        Assert.Equal(before, bypass.Status.BytesOverTcp);
    }

    [Fact]
    public void ASocketThatWasDisconnectedAndListensIsToldOfOnce()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using EventRecorder recorder = new(bypass);
        LocalConnection connection = new(listener);
        ulong cookie = bypass.Entries.Single(entry => entry.LocalPort == connection.ClientPort).Cookie;
        Reconnection.Disconnect(connection.Client);
        Reconnection.Listen(connection.Client);
        connection.Dispose();
        using LocalConnection last = new(listener);
        int port = last.ClientPort;

        recorder.WaitFor(SockmapEventKind.Joined, happened => happened.LocalPort == port);
        Assert.Single(recorder.Seen, happened => happened.Kind == SockmapEventKind.Closed && happened.Cookie == cookie);
    }

    /// <summary>A connection whose end that connects is inside the cgroup, and the other one is not.</summary>
    private static LocalConnection Connect(InstalledBypass bypass, Socket listener)
    {
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        return new LocalConnection(listener);
    }
}
