using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Redirects.Layout;

namespace Sockmap.Redirects;

/// <summary>
/// Tries out what this kernel redirects: our programs, without a pin, between sockets of this process. It tries one
/// message for each combination, and looks where it comes out. All of it is gone when this is disposed.
/// </summary>
public sealed class RedirectTrial : IDisposable
{
    private const int MessageLength = 16;

    /// <summary>The time is spent in full only where the message comes out nowhere, and no counter tells why.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private readonly BpfObject _loaded;
    private readonly SockmapRedirectMode _mode;

    private RedirectTrial(SockmapRedirectMode mode, BpfObject loaded)
    {
        _mode = mode;
        _loaded = loaded;
    }

    private BpfMap Source => _loaded.Maps[RedirectObject.Source];

    private BpfMap Target => _loaded.Maps[RedirectObject.Target];

    /// <summary>Loads the programs of a redirect.</summary>
    /// <exception cref="BpfException">The kernel refused; a <see cref="VerifierException"/> where its verifier did.</exception>
    /// <exception cref="BpfRelocationException">The kernel lacks something that the programs name.</exception>
    public static RedirectTrial Load(SockmapRedirectMode mode)
    {
        BpfObject? loaded = RedirectObject.Load(new RedirectConfig { Mode = mode, QueueLimit = RedirectSettings.DefaultQueueLimit });
        try
        {
            ProgramAttachment.Attach(loaded.Programs[RedirectObject.ProgramOf(mode)], loaded.Maps[RedirectObject.Source].Handle, RedirectObject.AttachTypeOf(mode));
            RedirectTrial trial = new(mode, loaded);
            loaded = null;
            return trial;
        }
        finally
        {
            loaded?.Dispose();
        }
    }

    /// <summary>
    /// Every combination of a mode and two kinds, TCP and UDP over IPv4 and IPv6 each: what docs/redirects.md shows.
    /// </summary>
    /// <param name="cancellationToken">Looked at between two trials.</param>
    /// <exception cref="BypassException">The kernel refused to load the programs, or lacks what they need.</exception>
    public static IEnumerable<RedirectTrialResult> RunAll(CancellationToken cancellationToken = default) =>
        RunAll(Enum.GetValues<SockmapRedirectMode>(), RedirectTable.Kinds, RedirectTable.Kinds, cancellationToken);

    /// <summary>The same of some modes and kinds.</summary>
    /// <param name="modes">The redirects.</param>
    /// <param name="from">Kinds of sources.</param>
    /// <param name="to">Kinds of targets.</param>
    /// <param name="cancellationToken">Looked at between two trials.</param>
    /// <exception cref="BypassException">The kernel refused to load the programs.</exception>
    public static IEnumerable<RedirectTrialResult> RunAll(
        IReadOnlyCollection<SockmapRedirectMode> modes,
        IReadOnlyCollection<RedirectSocketKind> from,
        IReadOnlyCollection<RedirectSocketKind> to,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(modes);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return RunEach(modes, Ends(from), Ends(to), cancellationToken);
    }

    /// <summary>Tries one combination with sockets of its own.</summary>
    /// <exception cref="BpfException">The kernel refused in an unknown way.</exception>
    public RedirectTrialResult Run(RedirectSocketKind from, bool isFromIPv6, RedirectSocketKind to, bool isToIPv6)
    {
        RedirectTrialResult result = NotTried(from, isFromIPv6, to, isToIPv6, string.Empty);
        try
        {
            using TrialPair source = TrialPair.Create(from, isFromIPv6);
            using TrialPair target = TrialPair.Create(to, isToIPv6);
            try
            {
                return TakeIn(source, target) is { } refusal
                    ? result with { Outcome = RedirectOutcome.NotTaken, Detail = refusal }
                    : Send(source, target, result);
            }
            finally
            {
                RedirectMaps.TakeOut(Source);
                RedirectMaps.TakeOut(Target);
            }
        }
        catch (TrialException e)
        {
            return result with { Detail = e.Message };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loaded.Dispose();

    private static (RedirectSocketKind Kind, bool IsIPv6)[] Ends(IReadOnlyCollection<RedirectSocketKind> kinds) =>
    [
        .. kinds.Select(kind => (kind, false)),
        .. kinds.Where(kind => kind is RedirectSocketKind.Tcp or RedirectSocketKind.Udp).Select(kind => (kind, true)),
    ];

    private static IEnumerable<RedirectTrialResult> RunEach(
        IReadOnlyCollection<SockmapRedirectMode> modes,
        (RedirectSocketKind Kind, bool IsIPv6)[] sources,
        (RedirectSocketKind Kind, bool IsIPv6)[] targets,
        CancellationToken cancellationToken)
    {
        // Where there is no transport, each try to connect takes its time.
        Dictionary<RedirectSocketKind, string?> obstacles = sources.Concat(targets).Select(end => end.Kind).Distinct().ToDictionary(kind => kind, FindObstacle);
        foreach (SockmapRedirectMode mode in modes)
        {
            using RedirectTrial trial = LoadOrExplain(mode);
            foreach ((RedirectSocketKind from, bool isFromIPv6) in sources)
            {
                foreach ((RedirectSocketKind to, bool isToIPv6) in targets)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return (obstacles[from] ?? obstacles[to]) is { } obstacle
                        ? trial.NotTried(from, isFromIPv6, to, isToIPv6, obstacle)
                        : trial.RunUnlessDisturbed(from, isFromIPv6, to, isToIPv6);
                }
            }
        }
    }

    private static RedirectTrial LoadOrExplain(SockmapRedirectMode mode)
    {
        try
        {
            return Load(mode);
        }
        catch (BpfException e)
        {
            throw KernelError.Explain(e);
        }
        catch (BpfRelocationException e)
        {
            throw new BypassException(BypassError.KernelUnsupported, e.Message, e);
        }
    }

    private static string? FindObstacle(RedirectSocketKind kind)
    {
        try
        {
            using TrialPair pair = TrialPair.Create(kind, isIPv6: false);
            return null;
        }
        catch (TrialException e)
        {
            return e.Message;
        }
    }

    /// <summary>
    /// What Linux is not known to do is tried once more, for others on this machine may have disturbed the one message: its
    /// ports are open to them. A message that came out nowhere is told at once.
    /// </summary>
    private RedirectTrialResult RunUnlessDisturbed(RedirectSocketKind from, bool isFromIPv6, RedirectSocketKind to, bool isToIPv6)
    {
        RedirectTrialResult first = Run(from, isFromIPv6, to, isToIPv6);
        if (first.Works == first.IsExpected || first.Outcome == RedirectOutcome.Lost)
        {
            return first;
        }

        RedirectTrialResult second = Run(from, isFromIPv6, to, isToIPv6);
        return second with { Detail = $"{second.Detail} A first try ended as {first.Outcome}: {first.Detail}" };
    }

    private RedirectTrialResult NotTried(RedirectSocketKind from, bool isFromIPv6, RedirectSocketKind to, bool isToIPv6, string why) => new()
    {
        Mode = _mode,
        From = from,
        To = to,
        IsFromIPv6 = isFromIPv6,
        IsToIPv6 = isToIPv6,
        Outcome = RedirectOutcome.NotTried,
        Detail = why,
    };

    private string? TakeIn(TrialPair source, TrialPair target)
    {
        string role = "target";
        try
        {
            using RedirectEnd to = RedirectEnd.Of(target.Inner), from = RedirectEnd.Of(source.Inner);
            RedirectMaps.Put(Target, to);
            role = "source";
            RedirectMaps.Put(Source, from);
            return null;
        }
        catch (BpfException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.ENOTSUPP or Errno.EINVAL)
        {
            return $"The kernel does not take the {role} into a sockmap ({Errno.Describe(e.Errno)}).";
        }
    }

    private RedirectTrialResult Send(TrialPair source, TrialPair target, RedirectTrialResult result)
    {
        byte[] message = RandomNumberGenerator.GetBytes(MessageLength);
        RedirectCounters before = RedirectMaps.ReadCounters(_loaded.Maps[RedirectObject.Counters]);
        int sent = SocketCalls.Send(_mode.TakesSends() ? source.Inner : source.Outer, message, SocketConstants.MSG_DONTWAIT | SocketConstants.MSG_NOSIGNAL);
        if (sent < 0)
        {
            return result with { Outcome = RedirectOutcome.Refused, Detail = $"send() gave {Errno.Describe(-sent)}." };
        }

        (string Name, SafeHandle Socket, bool IsExpected)[] places =
        [
            ("the target", target.Inner, _mode.EndsLocally()),
            ("the target's peer", target.Outer, !_mode.EndsLocally()),
            ("the source", source.Inner, false),
            ("the source's peer", source.Outer, false),
        ];
        long started = Stopwatch.GetTimestamp();
        bool isFirstLook = true;
        do
        {
            // Who receives from the source itself could be faster than the verdict (udp_bpf_recvmsg takes what is queued).
            foreach ((string name, SafeHandle socket, bool isExpected) in places.Where(place => place.IsExpected || !isFirstLook))
            {
                byte[] buffer = new byte[2 * MessageLength];
                int read = SocketCalls.Recv(socket, buffer, SocketConstants.MSG_DONTWAIT);
                if (read >= 0)
                {
                    return Judge(name, isExpected, buffer.AsSpan(0, read).SequenceEqual(message));
                }
            }

            isFirstLook = false;
            Thread.Sleep(1);
        }
        while (Stopwatch.GetElapsedTime(started) < Limit);

        return result with { Outcome = RedirectOutcome.Lost, Detail = "The message came out nowhere." };

        RedirectTrialResult Judge(string place, bool isExpected, bool isWhole)
        {
            RedirectCounters after = RedirectMaps.ReadCounters(_loaded.Maps[RedirectObject.Counters]);
            bool wasAsked = after.RedirectedMessages + after.KeptMessages + after.RefusedMessages != before.RedirectedMessages + before.KeptMessages + before.RefusedMessages;
            RedirectOutcome outcome = !isWhole ? RedirectOutcome.Lost
                : isExpected && after.RedirectedMessages == before.RedirectedMessages + 1 ? RedirectOutcome.Redirected
                : wasAsked ? RedirectOutcome.NotRedirected
                : RedirectOutcome.NotAsked;
            return result with { Outcome = outcome, Detail = $"The message came out at {place}{(isWhole ? string.Empty : ", but not whole")}." };
        }
    }
}
