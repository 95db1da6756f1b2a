using System.Diagnostics;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>
/// Takes the sockets out of a SOCKHASH while the leaving verdict is in the slot, or none, each only when no byte of it can
/// be lost: its queue is empty, and no redirect into it is under way or can still begin.
/// </summary>
/// <remarks>
/// A send takes its verdict under its socket's lock and queues after giving the lock back (net/ipv4/tcp_bpf.c,
/// tcp_bpf_send_verdict). While it does it holds a reference to its psock: a socket seen without one (quiet) has no
/// redirect under way, and its count of redirected messages tells whether one has begun since. So an entry goes when its
/// peer was quiet, its queue was seen empty after that, and its peer's count has still not changed after that: no redirect
/// began in between, and none will, since the leaving verdict redirects only behind unread bytes. A peer that is no longer
/// in the map was quiet when it was taken out, or was closed, which ends all its sends.
/// </remarks>
/// <param name="sockHash">The map.</param>
/// <param name="list">The iterator that lists it.</param>
/// <param name="knowsReaders">Whether the programs can tell who waits.</param>
/// <param name="connections">Keys of both ends of the connections to take out, each whole or not; null takes out all.</param>
internal sealed class Drain(BpfMap sockHash, BpfLink list, bool knowsReaders, IReadOnlySet<EntryKey>? connections = null)
{
    /// <summary>The least time between emptying the slot and the first deletion: verdicts under way end in it.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The same where the kernel hides the address by which the programs know who waits, and every socket counts as
    /// quiet: sends under way end in it too, unless they are kept off the CPU for longer.
    /// </summary>
    private static readonly TimeSpan BlindSettling = TimeSpan.FromMilliseconds(500);

    /// <summary>What an idle socket needs to go, see the remarks; so many looks are taken even where there is no time.</summary>
    private const int LeastLooks = 3;

    /// <summary>
    /// How long directions may leave by themselves. One whose queue is never seen empty, as its sender is always ahead,
    /// then goes over to TCP behind unread bytes.
    /// </summary>
    private static readonly TimeSpan LeavingTime = TimeSpan.FromSeconds(2);

    /// <summary>Long enough for sends under way to end, so that force drops what is unread and nothing else.</summary>
    private static readonly TimeSpan ForcedWait = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<EntryKey, Sight> _sights = [];
    private int _looks;

    /// <summary>Sockets taken out so far.</summary>
    public int Removed { get; private set; }

    /// <summary>Bytes that were thrown away, as force was asked for.</summary>
    public long Dropped { get; private set; }

    /// <summary>Told of each socket that was taken out.</summary>
    public Action<EntryRow>? OnRemoved { get; init; }

    /// <summary>Sockets that the last look left in.</summary>
    public IReadOnlyList<EntryRow> Remaining { get; private set; } = [];

    /// <summary>
    /// Takes out what directions leave by themselves, then has the others leave at once and takes out what is read; with
    /// force the rest too, unread.
    /// </summary>
    /// <param name="options">How long to wait, and whether to force.</param>
    /// <param name="leaveAtOnce">Has every direction go over to TCP, also behind unread bytes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Whether nothing is left.</returns>
    public bool Run(RemoveOptions options, Action leaveAtOnce, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan timeout = options.Timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : options.Timeout;
        if (!options.Force && TakeOut(Min(LeavingTime, timeout), options.Progress, cancellationToken))
        {
            return true;
        }

        leaveAtOnce();
        TimeSpan left = options.Force ? ForcedWait : timeout - Stopwatch.GetElapsedTime(started);
        if (TakeOut(left, options.Progress, cancellationToken))
        {
            return true;
        }

        if (options.Force)
        {
            TakeOutUnread();
        }

        return options.Force;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>Looks and takes out until nothing is left (true) or the time is up (false).</summary>
    private bool TakeOut(TimeSpan timeout, IProgress<DrainProgress>? progress, CancellationToken cancellationToken)
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
            if (left <= TimeSpan.Zero && _looks >= LeastLooks)
            {
                return false;
            }

            Pause(left > TimeSpan.Zero ? Min(pause, left) : pause, cancellationToken);
        }
    }

    private void TakeOutUnread()
    {
        foreach (EntryRow row in ReadRows())
        {
            if (TryDelete(row))
            {
                Dropped += (long)row.QueuedBytes;
            }
        }

        Remaining = [];
    }

    private List<EntryRow> TakeOut()
    {
        _looks++;
        List<EntryRow> rows = ReadRows();
        Dictionary<EntryKey, Sight> sights = rows.ToDictionary(row => row.Key, Look);
        List<EntryRow> kept = [];
        foreach (EntryRow row in rows)
        {
            Sight own = sights[row.Key];
            Sight? peer = sights.GetValueOrDefault(row.Peer);
            bool mayGo = MayGo(own, peer) && (connections is null || peer is null || MayGo(peer, own));
            if (!mayGo)
            {
                kept.Add(row);
            }
            else
            {
                TryDelete(row);
            }
        }

        return kept;
    }

    private List<EntryRow> ReadRows()
    {
        if (connections is null)
        {
            return [.. EntryReader.ReadRows(list)];
        }

        // A connection of which no end was told to leave has taken over the addresses of one that ended meanwhile.
        List<EntryRow> rows = [.. EntryReader.ReadRows(list).Where(row => connections.Contains(row.Key))];
        HashSet<EntryKey> leaving = [.. rows.Where(row => row.Leaving != EntryLeaving.Not).Select(row => row.Key)];
        return [.. rows.Where(row => leaving.Contains(row.Key) || leaving.Contains(row.Peer))];
    }

    private bool TryDelete(EntryRow row)
    {
        if (!sockHash.TryDelete(row.Key))
        {
            return false;
        }

        Removed++;
        OnRemoved?.Invoke(row);
        return true;
    }

    private Sight Look(EntryRow row)
    {
        if (!_sights.TryGetValue(row.Key, out Sight? sight) || sight.Cookie != row.Cookie)
        {
            _sights[row.Key] = sight = new Sight { Cookie = row.Cookie };
        }

        if (connections is not null && row.Leaving == EntryLeaving.Not)
        {
            // It came in after the others were told, and may begin to redirect at any time.
            return sight;
        }

        if (sight.QuietSince is null || sight.Redirected != row.RedirectedMessages)
        {
            sight.QuietSince = row.IsQuiet ? _looks : null;
            sight.Redirected = row.RedirectedMessages;
        }

        sight.EmptySince = row.IsQueueEmpty ? sight.EmptySince ?? _looks : null;
        return sight;
    }

    private bool MayGo(Sight own, Sight? peer)
    {
        if (own.EmptySince is not { } empty || own.QuietSince is null)
        {
            return false;
        }

        return peer is null || (peer.QuietSince is { } quiet && Math.Max(quiet + 1, empty) < _looks);
    }

    private static void Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        if (cancellationToken.WaitHandle.WaitOne(time))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What the looks at a socket so far have in common: since which one it is so, or null where it is not.</summary>
    private sealed class Sight
    {
        public ulong Cookie { get; init; }

        public int? QuietSince { get; set; }

        public ulong Redirected { get; set; }

        public int? EmptySince { get; set; }
    }
}
