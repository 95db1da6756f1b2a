using System.Diagnostics;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>
/// Takes the sockets out of a SOCKHASH whose slot is empty, each only when no byte of it can be lost: its queue is
/// empty, and neither end can still be in the middle of a redirect into the other.
/// </summary>
/// <remarks>
/// A send takes its verdict under its socket's lock and queues after giving the lock back (net/ipv4/tcp_bpf.c,
/// tcp_bpf_send_verdict), so that an empty slot alone does not end the redirects under way. Such a send holds a
/// reference to its psock. Once a socket was seen without one (quiet) after the slot was emptied, whatever it sends
/// later finds the slot empty; a queue seen empty after that stays empty. A peer that is no longer in the map was quiet
/// when it was taken out, or was closed, which ends all its sends.
/// </remarks>
internal sealed class Drain(BpfMap sockHash, BpfLink list, bool knowsReaders)
{
    /// <summary>The least time between emptying the slot and the first deletion: verdicts under way end in it.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The same where the kernel hides the address by which the programs know who waits, and every socket counts as
    /// quiet: sends under way end in it too, unless they are kept off the CPU for longer.
    /// </summary>
    private static readonly TimeSpan BlindSettling = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<EntryKey> _quiet = [];

    /// <summary>Sockets taken out so far.</summary>
    public int Removed { get; private set; }

    /// <summary>Sockets that the last look left in.</summary>
    public IReadOnlyList<EntryRow> Remaining { get; private set; } = [];

    /// <summary>Looks and takes out until nothing is left (true) or the time is up (false).</summary>
    public bool Run(TimeSpan timeout, IProgress<DrainProgress>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        Pause(knowsReaders ? Settling : BlindSettling, cancellationToken);
        for (TimeSpan pause = TimeSpan.FromMilliseconds(1); ; pause = Min(pause * 2, LongestPause))
        {
            Remaining = TakeOut();
            progress?.Report(new DrainProgress(Remaining.Count, Remaining.Sum(row => (long)row.QueuedBytes)));
            if (Remaining.Count == 0)
            {
                return true;
            }

            TimeSpan left = timeout - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            Pause(Min(pause, left), cancellationToken);
        }
    }

    /// <summary>Takes all sockets out at once; the bytes that were unread in them are gone, and returned.</summary>
    public long Force()
    {
        long dropped = 0;
        foreach (EntryRow row in EntryReader.ReadRows(list).ToList())
        {
            if (sockHash.TryDelete(row.Key))
            {
                dropped += (long)row.QueuedBytes;
                Removed++;
            }
        }

        Remaining = [];
        return dropped;
    }

    private List<EntryRow> TakeOut()
    {
        List<EntryRow> rows = [.. EntryReader.ReadRows(list)];
        HashSet<EntryKey> present = [.. rows.Select(row => row.Key)];
        List<EntryRow> kept = [];
        foreach (EntryRow row in rows)
        {
            bool isDone = _quiet.Contains(row.Key);
            bool peerIsDone = _quiet.Contains(row.Key.Peer) || !present.Contains(row.Key.Peer);
            if (!row.IsQueueEmpty || !isDone || !peerIsDone)
            {
                kept.Add(row);
            }
            else if (sockHash.TryDelete(row.Key))
            {
                Removed++;
            }
        }

        _quiet.UnionWith(rows.Where(row => row.IsQuiet).Select(row => row.Key));
        return kept;
    }

    private static void Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        if (cancellationToken.WaitHandle.WaitOne(time))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
