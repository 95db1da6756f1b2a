using System.Diagnostics;
using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Redirects.Layout;
using Sockmap.Redirects.Store;
using Sockmap.Sockets;

namespace Sockmap.Redirects;

/// <summary>
/// Takes a redirect away in an order that loses no byte: nothing more is redirected, then the target is read or sent
/// dry, and then the pins go. Works on whatever part of the folder is there, so that it can be taken up again.
/// </summary>
/// <remarks>
/// Bytes that come in are redirected to the last: once the source is out of its map they are its own, and wait for
/// nobody. A TCP source leaves under its lock, by an iterator, as between a verdict and its end the kernel drops what
/// finds no program any more (sk_psock_verdict_recv). UNIX sockets take no lock for that, and UDP may lose.
/// </remarks>
internal sealed class RedirectRemoval(RedirectFolder folder, Action<string> log)
{
    /// <summary>Verdicts under way end in it.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    /// <summary>What leave() gives: 0, and LEAVE_UNREAD, LEAVE_LAGS, LEAVE_AWAITED of bpf/redirect.h.</summary>
    private const int Left = 0;
    private const int Unread = 1;
    private const int Lags = 2;
    private const int Awaited = 3;

    private static readonly TimeSpan HindrancePatience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Looks in a row that must find nothing: a buffer leaves one queue before it is in the next.</summary>
    private const int LeastLooks = 3;

    private const int MostLooks = 20;

    private long? _hinderedSince;
    private string? _hindrance;

    public RedirectRemovalResult Run(RemoveOptions options, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using BpfMap? source = RedirectFolder.TryOpenMap(folder.Source);
        using BpfMap? target = RedirectFolder.TryOpenMap(folder.Target);
        using BpfMap? course = RedirectFolder.TryOpenMap(folder.Course);
        using BpfMap? keeper = RedirectFolder.TryOpenMap(folder.Keeper);
        using BpfProgram? list = RedirectFolder.TryOpenProgram(folder.List);
        ulong dropped = 0;
        bool stays = false;
        if (source is not null && target is not null && course is not null && keeper is not null && list is not null && RedirectReader.ReadConfig(folder) is { } config)
        {
            RedirectMaps.TurnOn(course, RedirectCourse.Stopped);
            log(config.Mode.TakesSends()
                ? "Stopped: what the source sends goes to its peer."
                : "Stopped: what comes in stays the source's as soon as it is out.");
            Sight sight = Wait(config, source, target, course, list, options, started, cancellationToken);
            if (!sight.IsEmpty && !options.Force)
            {
                return new RedirectRemovalResult(folder.Name, IsComplete: false, sight.Bytes, 0, [.. sight.Describe(_hindrance)], SourceStays: false, string.Empty, Stopwatch.GetElapsedTime(started));
            }

            if (sight.IsSourceOfTcp)
            {
                // Out of its map it would lose its place in the stream with what is unread: so nothing of that is dropped.
                RedirectMaps.TurnOn(course, RedirectCourse.Stays);
                _hindrance = sight.SourceBytes > 0 ? "bytes that it had received were still unread" : _hindrance;
            }

            stays = RedirectMaps.IsOn(course, RedirectCourse.Stays);
            dropped = sight.TargetBytes + (stays ? 0 : sight.SourceBytes);
            if (stays)
            {
                RedirectMaps.Keep(keeper, source);
            }
            else
            {
                RedirectMaps.TakeOut(source);
            }

            RedirectMaps.TakeOut(target);
            log(string.Create(CultureInfo.InvariantCulture, $"Took source and target out of their maps; {dropped} bytes were dropped."));
        }

        Unpin();
        return new RedirectRemovalResult(folder.Name, IsComplete: true, 0, dropped, [], stays, StayReason(stays), Stopwatch.GetElapsedTime(started));
    }

    private string StayReason(bool stays) =>
        stays ? _hindrance ?? "an earlier removal, which did not end, found that it could not leave" : string.Empty;

    /// <summary>
    /// Takes the folder away. With its last pin gone the kernel frees the maps, and with them the sockets leave; only a
    /// program that a socket carries keeps its target's map, and what is in the keeper, until that socket is closed.
    /// </summary>
    public void Unpin()
    {
        string unfinished = folder.Unfinished.Path;
        if (folder.Exists && !string.Equals(folder.Path, unfinished, StringComparison.Ordinal))
        {
            BpfFileSystem.Rename(folder.Path, unfinished);
        }

        BpfFileSystem.RemoveDirectory(unfinished);
        log($"Removed {folder.Path}.");
    }

    private Sight Wait(in RedirectConfig config, BpfMap source, BpfMap target, BpfMap course, BpfProgram list, RemoveOptions options, long started, CancellationToken cancellationToken)
    {
        TimeSpan timeout = options.Force ? Settling : options.Timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : options.Timeout;
        Pause(Settling, cancellationToken);
        int emptyLooks = 0;
        for (TimeSpan pause = TimeSpan.FromMilliseconds(1); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            bool sourceGoes = !config.Mode.TakesSends() && !RedirectMaps.IsOn(course, RedirectCourse.Stays);
            if (sourceGoes)
            {
                LetSourceGo(config, source, course, list, cancellationToken);
                sourceGoes = !RedirectMaps.IsOn(course, RedirectCourse.Stays);
            }

            Sight sight = new(!sourceGoes ? null : RedirectMaps.ReadRow(list, source), RedirectMaps.ReadRow(list, target), config.Mode.EndsLocally());
            emptyLooks = sight.IsEmpty ? emptyLooks + 1 : 0;
            if (emptyLooks >= LeastLooks || (Stopwatch.GetElapsedTime(started) >= timeout && (!sight.IsEmpty || emptyLooks >= LeastLooks)))
            {
                return sight;
            }

            options.Progress?.Report(new DrainProgress(sight.Sockets, (long)sight.Bytes));
            Pause(pause, cancellationToken);
        }
    }

    /// <summary>
    /// The source goes as soon as nothing waits in it: what it kept would go with it. Where bytes keep coming such a moment is
    /// short, so that it is looked for several times.
    /// </summary>
    private void LetSourceGo(in RedirectConfig config, BpfMap source, BpfMap course, BpfProgram list, CancellationToken cancellationToken)
    {
        // That of TCP; nobody else has such a lock.
        using BpfProgram? leave = config.Options.HasFlag(RedirectOptions.HoldsSender) ? RedirectFolder.TryOpenProgram(folder.Leave) : null;
        List<HeldSocket>? holders = null;
        for (int look = 0; look < MostLooks && RedirectMaps.ReadRow(list, source) is { } row; look++)
        {
            if (row.IsEmpty)
            {
                if (leave is null)
                {
                    RedirectMaps.TakeOut(source);
                    return;
                }

                holders ??= EndHolders.Find(config.SourceCookie);
                if (LeaveUnderLock(leave, holders) is { } reason)
                {
                    RedirectMaps.TurnOn(course, RedirectCourse.Stays);
                    _hindrance = reason;
                    log($"The source stays in its map: {reason}. What comes in is its own.");
                    return;
                }
            }

            Pause(TimeSpan.FromMilliseconds(1), cancellationToken);
        }
    }

    /// <returns>Why it has to stay; null where it is out, or may be out after another try.</returns>
    private string? LeaveUnderLock(BpfProgram leave, List<HeldSocket> holders)
    {
        string hindrance = "no process that can be seen holds it";
        foreach (HeldSocket holder in holders)
        {
            try
            {
                using SafeSocketDescriptor socket = ForeignDescriptor.Open(holder.ProcessId, holder.Descriptor, holder.Cookie);
                switch (SourcePass.Run(leave, socket))
                {
                    case Left:
                        log("The source left its map under its lock, between two buffers.");
                        return null;
                    case Unread:
                        return null;
                    case Lags:
                        return "it would lose its place in the stream without, as a process received from it meanwhile";
                    case Awaited:
                        return UnlessItPasses("a process waits in a receive of it, and would set its place in the stream back afterwards");
                    default:
                        return UnlessItPasses("the kernel's list of connections does not have it");
                }
            }
            catch (SocketAccessException e) when (e.Error is SocketAccessError.ProcessNotFound or SocketAccessError.DescriptorClosed or SocketAccessError.DescriptorReused)
            {
                // That process has let go of it since it was listed.
            }
            catch (Exception e) when (e is SocketAccessException or BpfException)
            {
                hindrance = $"its lock cannot be had ({e.Message.TrimEnd('.')})";
            }
        }

        return UnlessItPasses(hindrance);
    }

    /// <summary>A socket that is being closed leaves by itself, and a process that receives in a loop is out of it at some moment.</summary>
    private string? UnlessItPasses(string hindrance)
    {
        _hinderedSince ??= Stopwatch.GetTimestamp();
        _hindrance = hindrance;
        return Stopwatch.GetElapsedTime(_hinderedSince.Value) > HindrancePatience ? hindrance : null;
    }

    private static void Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        if (cancellationToken.WaitHandle.WaitOne(time))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What is left in the two sockets.</summary>
    private sealed class Sight(RedirectRow? source, RedirectRow? target, bool endsLocally)
    {
        public bool IsEmpty => source is null && (target is null || target.Value.IsEmpty);

        public int Sockets => (source is null ? 0 : 1) + (target is { IsEmpty: false } ? 1 : 0);

        public ulong SourceBytes => source?.Socket.QueuedBytes ?? 0;

        public ulong TargetBytes => target is { } to ? to.Socket.QueuedBytes + to.HeldBytes : 0;

        public ulong Bytes => SourceBytes + TargetBytes;

        /// <summary>A TCP source is in its map still.</summary>
        public bool IsSourceOfTcp => source is { } row && row.Socket.Describe().Protocol == System.Net.Sockets.ProtocolType.Tcp;

        /// <param name="hindrance">What else keeps the source in its map.</param>
        public IEnumerable<string> Describe(string? hindrance)
        {
            if (source is { IsEmpty: true } && hindrance is not null)
            {
                yield return $"the source in its map, since {hindrance}";
            }
            else if (source is { } from)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{from.Socket.QueuedBytes} bytes in the source that its process has not read");
            }

            if (target is { } to && (to.HasMessages || to.HeldBuffers > 0))
            {
                yield return endsLocally
                    ? string.Create(CultureInfo.InvariantCulture, $"{to.Socket.QueuedBytes} bytes in the target that its process has not read, and {to.HeldBuffers} buffers that had no room there")
                    : string.Create(CultureInfo.InvariantCulture, $"{to.HeldBuffers} buffers that the target's peer has not made room for");
            }
        }
    }
}
