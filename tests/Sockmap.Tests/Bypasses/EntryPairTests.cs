using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Sockets;

namespace Sockmap.Tests.Bypasses;

/// <summary>Entries are listed with their other ends, which the kernel finds by itself.</summary>
public sealed class EntryPairTests
{
    [Theory]
    [EachVariant]
    public void TheKernelTellsBothEndsOfAConnectionOneAfterTheOther(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using Connections connections = new(bypass, 60);

        List<EntryRow> rows = ReadRows(bypass, "pairs");

        // Two keys in one of 65,536 buckets are all that the kernel's program leaves to user space.
        Assert.InRange(rows.Count(static row => row.Other == RowOther.Follows), 58, 60);
        Assert.Equal(rows.Count(static row => row.Other == RowOther.Follows), rows.Count(static row => row.Other == RowOther.Precedes));
        for (int i = 0; i < rows.Count - 1; i++)
        {
            Assert.Equal(rows[i].Other == RowOther.Follows, rows[i + 1].Other == RowOther.Precedes);
            Assert.True(rows[i].Other != RowOther.Follows || (rows[i].Key == rows[i + 1].Peer && rows[i + 1].Key == rows[i].Peer));
        }

        AssertPaired(bypass.Entries, connections);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(1000)]
    public void InAMapOfFewBucketsTooEachEntryHasItsOther(int maxEntries)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { MaxEntries = maxEntries });
        using Connections connections = new(bypass, 20);

        AssertPaired(bypass.Entries, connections);
    }

    [Theory]
    [EachVariant]
    public void WhatIsToldOfTheOtherEndIsWhatItsOwnListingTells(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using Connections connections = new(bypass, 20);
        for (int i = 0; i < connections.All.Count; i++)
        {
            connections.All[i].Client.Send(new byte[100 + i]);
            LocalConnection.Read(connections.All[i].Server, i);
        }

        Dictionary<ulong, EntryRow> alone = ReadRows(bypass, "list").ToDictionary(static row => row.Cookie);
        List<EntryRow> rows = ReadRows(bypass, "pairs");

        Assert.Equal(40, rows.Count);
        Assert.Equal(20, rows.Count(static row => row.QueuedBytes == 100));
        foreach (EntryRow row in rows)
        {
            Assert.Equal(Tell(alone[row.Cookie]), Tell(row));
        }
    }

    [Theory]
    [EachVariant]
    public void AnEndWhoseOtherIsNotInTheMapIsToldAlone(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using Connections connections = new(bypass, 5);
        SockmapEntry left = bypass.Entries.Single(entry => entry.IsClient && entry.LocalPort == connections.All[2].ClientPort);
        EntryKey key = ReadRows(bypass, "list").Single(row => row.Cookie == left.Cookie).Key;
        using (BpfMap map = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "sockhash")))
        {
            Assert.True(map.TryDelete(key));
        }

        Assert.Equal(RowOther.Absent, ReadRows(bypass, "pairs").Single(row => row.Cookie == left.PeerCookie).Other);
        IReadOnlyList<SockmapEntry> entries = bypass.Entries;
        Assert.Equal(9, entries.Count);
        SockmapEntry alone = Assert.Single(entries, static entry => entry.PeerCookie is null);
        Assert.Equal(left.PeerCookie, alone.Cookie);
        Assert.Null(alone.ReceivePath);
        Assert.Empty(alone.PeerProcessId);
    }

    [Theory]
    [EachVariant]
    public void SocketsThatWerePutInByHandHaveNoPastButAreToldTogether(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant });
        using Connections known = new(bypass, 1);
        ulong scope = bypass.Entries[0].NetworkNamespaceCookie;
        using Socket listener = LocalConnection.Listen();
        using LocalConnection outside = new(listener);
        outside.Client.Send(new byte[1000]);
        LocalConnection.Read(outside.Server, 1000);
        using (BpfMap map = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "sockhash")))
        {
            foreach (Socket socket in new[] { outside.Client, outside.Server })
            {
                EntryKey key = EntryState.CreateKey((IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!, scope);
                map.UpdateDescriptor(MemoryMarshal.AsBytes(new ReadOnlySpan<EntryKey>(in key)), socket.SafeHandle);
            }
        }

        SockmapEntry[] entries = [.. bypass.Entries.Where(entry => entry.LocalPort == outside.ClientPort || entry.RemotePort == outside.ClientPort)];

        Assert.Equal(2, entries.Length);
        Assert.Equal((entries[1].Cookie, entries[0].Cookie), (entries[0].PeerCookie, entries[1].PeerCookie));
        Assert.All(entries, static entry =>
        {
            Assert.Equal((0UL, 0UL, EntryPath.Tcp), (entry.TcpBytes, entry.RedirectedBytes, entry.Path));
            Assert.Equal([Environment.ProcessId], entry.ProcessId);
        });
    }

    [Fact]
    public async Task WhatStaysIsToldOnceAndWithItsOtherWhileConnectionsComeAndGo()
    {
        using InstalledBypass bypass = new();
        bypass.Install(static settings => settings with { MaxEntries = 128 });
        using Connections connections = new(bypass, 20);
        using CancellationTokenSource stop = new();
        Task churn = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using Connections passing = new(bypass, 10);
            }
        });
        try
        {
            for (int i = 0; i < 300; i++)
            {
                AssertPaired([.. bypass.Entries.Where(entry => (entry.IsClient ? entry.RemotePort : entry.LocalPort) == connections.Port)], connections);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await churn;
        }
    }

    [Fact]
    public void ASocketThatSeveralProcessesShareIsAllOfTheirs()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(5, listener.LocalEndPoint);
        using Socket server = listener.Accept();
        int child = int.Parse(shell.Run("sleep 1000 & echo -n $!"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(TestKit.Patience.Until(() => File.ReadAllText($"/proc/{child}/comm") == "sleep\n"));

        IReadOnlyList<SockmapEntry> entries = bypass.Entries;

        SockmapEntry shared = Assert.Single(entries, static entry => entry.IsClient);
        Assert.Equal(new[] { shell.Id, child }.Order(), shared.ProcessId.Order());
        Assert.Equal(["bash", "sleep"], shared.ProcessName.Order());
        SockmapEntry own = Assert.Single(entries, static entry => !entry.IsClient);
        Assert.Equal([Environment.ProcessId], own.ProcessId);
        Assert.Equal(new[] { shell.Id, child }.Order(), own.PeerProcessId.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AListingKeepsAFewBytesForEachSocketOnly(bool processes)
    {
        const int Count = 6_000;
        const int Most = 4 << 20;
        using InstalledBypass bypass = new();
        bypass.Install(static settings => settings with { MaxEntries = 4 * Count });
        using Connections connections = new(bypass, Count);
        _ = bypass.Entries.Count;
        long before = ReadMemory();
        long most = 0;
        int count = 0;

        foreach (SockmapEntry entry in bypass.Manager.GetEntries(BypassSettings.DefaultName, new EntryListOptions { Processes = processes }))
        {
            Assert.Equal(processes ? 1 : 0, entry.ProcessId.Count);
            count++;
            if (count % 4_000 == 2_000)
            {
                most = Math.Max(most, ReadMemory() - before);
            }
        }

        Assert.Equal(2 * Count, count);

        // A megabyte at most was seen: what is read ahead, and a key and a number for each socket. Entries kept would be 8.
        Assert.InRange(most, 0, Most);
    }

    private static long ReadMemory()
    {
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false);
    }

    private static void AssertPaired(IReadOnlyList<SockmapEntry> entries, Connections connections)
    {
        Assert.Equal(2 * connections.All.Count, entries.Count);
        Assert.Equal(entries.Count, entries.Select(static entry => entry.Cookie).Distinct().Count());
        for (int i = 0; i < entries.Count; i += 2)
        {
            Assert.Equal((entries[i + 1].Cookie, entries[i].Cookie), (entries[i].PeerCookie, entries[i + 1].PeerCookie));
            Assert.Equal((entries[i].LocalPort, entries[i].RemotePort), (entries[i + 1].RemotePort, entries[i + 1].LocalPort));
            Assert.NotEqual(entries[i].IsClient, entries[i + 1].IsClient);
            Assert.Equal([Environment.ProcessId], entries[i].PeerProcessId);
        }

        Assert.Equal(
            connections.All.Select(static connection => connection.ClientPort).Order(),
            entries.Where(static entry => entry.IsClient).Select(static entry => entry.LocalPort).Order());
    }

    private static List<EntryRow> ReadRows(InstalledBypass bypass, string pin)
    {
        using BpfLink link = BpfLink.OpenPinned(Path.Combine(bypass.Folder, pin));
        return [.. BpfIterator.ReadRecords<EntryRow>(link).DistinctBy(static row => row.Cookie)];
    }

    /// <summary>All of a row but whether a send is under way, which one of the listings does not tell, and the moment.</summary>
    private static object Tell(in EntryRow row) => (
        (row.Key, row.Cookie, row.NetworkNamespaceCookie, row.Inode, row.CgroupId, row.QueuedBytes, row.IsQueueEmpty),
        (row.UserId, row.NetworkNamespaceInode, row.Family, row.State, row.TcpBytes),
        row.Listed);

    private sealed class Connections : IDisposable
    {
        private readonly Socket _listener;

        public Connections(InstalledBypass bypass, int count)
        {
            using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
            _listener = LocalConnection.Listen();
            for (int i = 0; i < count; i++)
            {
                All.Add(LocalConnection.OfMany(_listener));
            }
        }

        public List<LocalConnection> All { get; } = [];

        /// <summary>The port that was listened on.</summary>
        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            All.ForEach(static connection => connection.Dispose());
            _listener.Dispose();
        }
    }
}
