using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>Single connections leave a bypass that stays: without losing a byte, or saying which were lost.</summary>
public sealed class EntryRemovalTests
{
    [Fact]
    public void OneOfTwoConnectionsLeavesAndGoesOnOverTcp()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection leaving = new(listener), staying = new(listener);
        Exchange(leaving);
        Exchange(staying);
        ulong before = bypass.Status.MessagesRedirected;

        EntryRemovalResult result = bypass.Manager.RemoveEntries(BypassSettings.DefaultName, [CookieOf(bypass, leaving)]);

        Assert.Equal(new[] { leaving.ClientPort, PortOf(listener) }.Order(), result.Removed.Select(entry => entry.LocalPort).Order());
        Exchange(leaving);
        Assert.Equal(before, bypass.Status.MessagesRedirected);
        Exchange(staying);
        Assert.Equal(before + 2, bypass.Status.MessagesRedirected);
        Assert.Equal(2, bypass.Entries.Count);
    }

    [Fact]
    public void WhatIsUnreadKeepsAConnectionInAndIsNamed()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send([1, 2, 3]);

        EntryRemovalResult result = bypass.Manager.RemoveEntries(
            BypassSettings.DefaultName, [CookieOf(bypass, connection)], new RemoveOptions { Timeout = TimeSpan.FromMilliseconds(100) });

        Assert.Empty(result.Removed);
        Assert.Equal(3UL, result.Remaining.Single(entry => entry.LocalPort == PortOf(listener)).QueuedBytes);
        Assert.All(bypass.Entries, entry => Assert.False(entry.IsLeaving));
        Assert.Equal([1, 2, 3], LocalConnection.Read(connection.Server, 3));
        ulong before = bypass.Status.MessagesRedirected;
        connection.Client.Send([4]);
        Assert.Equal([4], LocalConnection.Read(connection.Server, 1));
        Assert.Equal(before + 1, bypass.Status.MessagesRedirected);
    }

    [Fact]
    public void ForceDropsWhatIsUnreadAndSaysSo()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send([1, 2, 3]);

        EntryRemovalResult result = bypass.Manager.RemoveEntries(
            BypassSettings.DefaultName, [CookieOf(bypass, connection)], new RemoveOptions { Force = true });

        Assert.Equal(3, result.DroppedBytes);
        Assert.Equal(2, result.Removed.Count);
        Assert.Empty(bypass.Entries);
        connection.Client.Send([4]);
        Assert.Equal([4], LocalConnection.Read(connection.Server, 1));
    }

    [Fact]
    public void ASocketThatIsNotInIsNamed()
    {
        using InstalledBypass bypass = new();
        bypass.Install();

        EntryRemovalResult result = bypass.Manager.RemoveEntries(BypassSettings.DefaultName, [ulong.MaxValue]);

        Assert.Equal([ulong.MaxValue], result.Missing);
    }

    [Fact]
    public void CancellingLeavesTheConnectionAsItWas()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send([1]);
        using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(50));

        Assert.ThrowsAny<OperationCanceledException>(() => bypass.Manager.RemoveEntries(
            BypassSettings.DefaultName, [CookieOf(bypass, connection)], new RemoveOptions { Timeout = Timeout.InfiniteTimeSpan }, stop.Token));

        Assert.Equal(2, bypass.Entries.Count);
        Assert.All(bypass.Entries, entry => Assert.False(entry.IsLeaving));
        Assert.Equal([1], LocalConnection.Read(connection.Server, 1));
    }

    private static void Exchange(LocalConnection connection)
    {
        connection.Client.Send([1]);
        Assert.Equal([1], LocalConnection.Read(connection.Server, 1));
        connection.Server.Send([2]);
        Assert.Equal([2], LocalConnection.Read(connection.Client, 1));
    }

    private static int PortOf(Socket listener) => ((System.Net.IPEndPoint)listener.LocalEndPoint!).Port;

    private static ulong CookieOf(InstalledBypass bypass, LocalConnection connection) =>
        bypass.Entries.Single(entry => entry.LocalPort == connection.ClientPort).Cookie;
}
