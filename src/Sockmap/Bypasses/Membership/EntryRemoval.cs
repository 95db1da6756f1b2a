using System.Diagnostics;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses.Layout;
using Sockmap.Bypasses.Store;
using Sockmap.Entries;

namespace Sockmap.Bypasses.Membership;

/// <summary>
/// Takes connections out of a bypass that stays: both ends are told to leave, so that their messages go over TCP as soon
/// as nothing redirected waits before them, and go when that can be proven (<see cref="Drain"/>). Those who do not come
/// so far stay, as they were before. One removal at a time: the store's lock is to be held.
/// </summary>
internal sealed class EntryRemoval(BypassFolder folder, Action<string> log)
{
    /// <returns>What was done; null where the folder lacks what it takes.</returns>
    public EntryRemovalResult? Run(IReadOnlySet<ulong> cookies, RemoveOptions options, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using BpfMap? sockHash = BypassFolder.TryOpenMap(folder.SockHash);
        using BpfLink? list = BypassFolder.TryOpenLink(folder.List);
        using LeavingMarks? marks = sockHash is null ? null : LeavingMarks.TryOpen(folder, sockHash);
        using Announcement? announcement = Announcement.TryOpen(folder);
        if (list is null || marks is null || announcement is null)
        {
            return null;
        }

        marks.EndAll(list);
        Selection selection = Select(list, cookies);
        List<SockmapEntry> removed = [];
        Drain drain = new(sockHash!, list, BypassReader.ReadSettings(folder)?.KnowsReaders ?? false, selection.Keys)
        {
            OnRemoved = row =>
            {
                announcement.Left(row);
                removed.Add(EntryReader.ToEntry(folder.Name, row));
            },
        };
        bool isDone = selection.Keys.Count == 0;
        try
        {
            if (!isDone)
            {
                if (!options.Force)
                {
                    marks.Write(selection.Cookies, EntryLeaving.WhenRead);
                }

                // Once more: an end that was just being established may have come in.
                isDone = drain.Run(options, () => marks.Write(Select(list, cookies).Cookies, EntryLeaving.Now), cancellationToken);
            }
        }
        finally
        {
            if (!isDone)
            {
                marks.EndAll(list);
            }
        }

        IReadOnlyList<EntryRow> remaining = drain.Remaining;
        log($"Took {removed.Count} sockets out of the SOCKHASH; {remaining.Count} stay, as bytes wait unread; {drain.Dropped} bytes were dropped.");
        return new EntryRemovalResult(
            removed,
            [.. remaining.Select(row => EntryReader.ToEntry(folder.Name, row))],
            selection.Missing,
            drain.Dropped,
            Stopwatch.GetElapsedTime(started));
    }

    /// <summary>The sockets with these cookies and the other ends of their connections.</summary>
    private static Selection Select(BpfLink list, IReadOnlySet<ulong> cookies)
    {
        List<EntryRow> rows = [.. EntryReader.ReadRows(list)];
        HashSet<EntryKey> keys = [];
        HashSet<ulong> missing = [.. cookies];
        foreach (EntryRow row in rows.Where(row => cookies.Contains(row.Cookie)))
        {
            keys.Add(row.Key);
            keys.Add(row.Peer);
            missing.Remove(row.Cookie);
        }

        return new Selection(keys, [.. rows.Where(row => keys.Contains(row.Key)).Select(row => row.Cookie)], [.. missing]);
    }

    private sealed record Selection(IReadOnlySet<EntryKey> Keys, IReadOnlyCollection<ulong> Cookies, IReadOnlyList<ulong> Missing);
}
