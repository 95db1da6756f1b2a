using System.Diagnostics;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Store;

namespace Sockmap.Events;

/// <summary>
/// The events of a bypass from now until it is removed. Where it is replaced under its name the events of the new one
/// follow, and those of the old one too, until that is drained.
/// </summary>
/// <param name="bypass">Its name.</param>
/// <param name="find">Finds the bypass's folder; null where there is none.</param>
/// <param name="options">How to watch.</param>
/// <param name="lockTimeout">How long to wait for others who are about to watch.</param>
/// <param name="log">Told what is done, a sentence each.</param>
internal sealed class EventStream(string bypass, Func<BypassFolder?> find, WatchOptions options, TimeSpan lockTimeout, Action<string> log) : IDisposable
{
    /// <summary>How long it takes at most until a replacement is seen, and until a loss is.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>A pass over all open files is not made more often.</summary>
    private static readonly TimeSpan LookupInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// What comes together is looked up together; and an accepted socket has no descriptor until its listener wakes.
    /// </summary>
    private static readonly TimeSpan LookupDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>More events than this do not wait for their processes.</summary>
    private const int MostWaiting = 1 << 16;

    private readonly List<WatcherPlace> _replaced = [];
    private readonly List<SockmapEvent> _waiting = [];
    private readonly HashSet<ulong> _unknown = [];
    private readonly OwnerCache _owners = new(log);
    private readonly EventDecoder _decoder = new(bypass);
    private WatcherPlace? _current;
    private long _lastLook;
    private long _lastLookup;
    private long _firstUnknown;

    private TimeSpan UntilLook => Remaining(LookInterval, _lastLook);

    private TimeSpan UntilLookup => _unknown.Count == 0 || _waiting.Count >= MostWaiting
        ? TimeSpan.Zero
        : Max(Remaining(LookupDelay, _firstUnknown), Remaining(LookupInterval, _lastLookup));

    /// <summary>Streams the events.</summary>
    /// <exception cref="BypassException">There is no such bypass; or it cannot be watched.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<SockmapEvent> Read(CancellationToken cancellationToken)
    {
        _current = Take(find(), cancellationToken) ?? throw BypassManager.NotFound(bypass);
        bool goesOn = true;
        while (goesOn)
        {
            _current.Wait(_waiting.Count == 0 ? UntilLook : Min(UntilLook, UntilLookup), cancellationToken);
            if (UntilLook == TimeSpan.Zero)
            {
                goesOn = Look(cancellationToken);
                _lastLook = Stopwatch.GetTimestamp();
            }

            Collect(_current);
            _replaced.ForEach(Collect);
            if (_waiting.Count > 0 && (!goesOn || UntilLookup == TimeSpan.Zero))
            {
                foreach (SockmapEvent happened in TakeComplete())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return happened;
                }
            }
        }
    }

    public void Dispose()
    {
        _current?.Dispose();
        _replaced.ForEach(place => place.Dispose());
        _owners.Dispose();
    }

    private static TimeSpan Remaining(TimeSpan interval, long since) => Max(interval - Stopwatch.GetElapsedTime(since), TimeSpan.Zero);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private WatcherPlace? Take(BypassFolder? folder, CancellationToken cancellationToken)
    {
        WatcherPlace? place = folder is null ? null : WatcherPlace.TryTake(folder, options.BufferSize, lockTimeout, log, cancellationToken);
        if (place is not null)
        {
            log($"Watching bypass '{bypass}' by {place}.");
        }

        return place;
    }

    /// <summary>Looks whether the bypass is the same one still, and for losses; false when it is gone.</summary>
    private bool Look(CancellationToken cancellationToken)
    {
        WatcherPlace watched = _current!;
        BypassFolder? folder = find();
        uint? id = folder is null ? null : WatcherPlace.IdOf(folder);
        foreach (WatcherPlace place in _replaced.Where(place => folder is null || WatcherPlace.IdOf(folder.Unfinished) != place.BypassId).ToList())
        {
            Collect(place);
            TellLost(place);
            _replaced.Remove(place);
            place.Dispose();
        }

        TellLost(watched);
        if (id is null)
        {
            return false;
        }

        if (id == watched.BypassId && watched.IsHeld)
        {
            return true;
        }

        // Another one has the name; or somebody took our ring buffer away, whose last events are still to be read.
        if (Take(folder, cancellationToken) is not { } next)
        {
            return false;
        }

        _replaced.Add(watched);
        _current = next;
        return true;
    }

    private void Collect(WatcherPlace place) => place.Consume(
        record =>
        {
            SockmapEvent happened = _decoder.Decode(record);
            bool isLast = happened.Kind is SockmapEventKind.Closed or SockmapEventKind.Left;
            bool isMeant = (options.Kinds.Count == 0 || options.Kinds.Contains(happened.Kind)) && options.Filter?.MatchesConnection(happened) != false;
            if (isMeant)
            {
                _waiting.Add(happened);
            }

            // Nobody has a socket open any more that is closed: it is not looked for.
            if (isMeant && !isLast && !_owners.Knows(happened.Cookie))
            {
                _firstUnknown = _unknown.Count == 0 ? Stopwatch.GetTimestamp() : _firstUnknown;
                _unknown.Add(happened.Cookie);
            }
            else if (isLast && !isMeant)
            {
                _owners.Forget(happened.Cookie);
            }
        },
        Math.Max(0, MostWaiting - _waiting.Count));

    private void TellLost(WatcherPlace place)
    {
        if (place.TakeLost() is > 0 and var lost)
        {
            _waiting.Add(_decoder.Lost(lost));
        }
    }

    /// <summary>What waits, with its processes.</summary>
    private List<SockmapEvent> TakeComplete()
    {
        if (_unknown.Count > 0 && Remaining(LookupInterval, _lastLookup) == TimeSpan.Zero)
        {
            _owners.Find(_unknown);
            _lastLookup = Stopwatch.GetTimestamp();
        }

        IEnumerable<SockmapEvent> events = _replaced.Count == 0 ? _waiting : _waiting.OrderBy(happened => happened.Time);
        List<SockmapEvent> complete =
        [
            .. events
                .Select(_owners.Complete)
                .Where(happened => happened.Kind == SockmapEventKind.Lost || options.Filter?.Matches(happened) != false),
        ];
        _unknown.Clear();
        _waiting.Clear();
        return complete;
    }
}
