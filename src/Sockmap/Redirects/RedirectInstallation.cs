using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Redirects.Layout;
using Sockmap.Redirects.Store;
using Sockmap.Support.Interop;

namespace Sockmap.Redirects;

/// <summary>
/// Makes a redirect: everything loaded and pinned first, in a folder that is not yet published, then the target put in,
/// and the source last, which is the step that makes it work.
/// </summary>
internal sealed class RedirectInstallation(RedirectSettings settings, RedirectEnd from, RedirectEnd to, Action<string> log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private SockmapRedirectMode Mode => settings.Mode;

    /// <summary>What comes in is read buffer by buffer, one for each that arrives: what was there before would never be.</summary>
    private bool NeedsDrySource => !Mode.TakesSends() && from.Kind != RedirectSocketKind.Tcp;

    /// <exception cref="BypassException">The kernel did not take a socket, or bytes are unread. Nothing is left behind.</exception>
    public void Build(RedirectFolder folder, CancellationToken cancellationToken)
    {
        using BpfObject loaded = RedirectObject.Load(new RedirectConfig
        {
            Mode = Mode,
            QueueLimit = settings.QueueLimit == 0 ? RedirectSettings.DefaultQueueLimit : settings.QueueLimit,
            CreatedAt = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100,
            SourceCookie = from.Cookie,
            MayDrop = from.Kind == RedirectSocketKind.Udp ? 1u : 0u,
        });
        BpfMap source = loaded.Maps[RedirectObject.Source], target = loaded.Maps[RedirectObject.Target];
        BpfProgram verdict = loaded.Programs[RedirectObject.ProgramOf(Mode)], list = loaded.Programs[RedirectObject.List];
        ProgramAttachment.Attach(verdict, source.Handle, RedirectObject.AttachTypeOf(Mode));

        BpfFileSystem.CreateDirectory(folder.Path);
        source.Pin(folder.Source);
        target.Pin(folder.Target);
        loaded.Maps[RedirectObject.Counters].Pin(folder.Counters);
        loaded.Maps[RedirectObject.Course].Pin(folder.Course);
        loaded.Maps[RedirectObject.Ends].Pin(folder.Ends);
        loaded.Maps[RedirectObject.Configuration].Pin(folder.Config);
        list.Pin(folder.List);
        loaded.Programs[RedirectObject.Leave].Pin(folder.Leave);
        verdict.Pin(folder.Verdict);
        log($"Pinned programs and maps in {folder.Path}.");

        PutTarget(target, cancellationToken);
        PutSource(source, list, cancellationToken);
        WriteEnd(loaded.Maps[RedirectObject.Ends], 0, RedirectMaps.ReadRow(list, source));
        WriteEnd(loaded.Maps[RedirectObject.Ends], 1, RedirectMaps.ReadRow(list, target));
        Kick();
    }

    private static void WriteEnd(BpfMap ends, uint index, RedirectRow? row)
    {
        // Closed already: then there is nothing to be told of it.
        if (row is { } there)
        {
            ends.Update(index, there);
        }
    }

    private void PutTarget(BpfMap target, CancellationToken cancellationToken)
    {
        if (Mode.EndsLocally())
        {
            WaitUntilRead(to, "target", "a redirect's bytes are read before what is in its receive queue", cancellationToken);
        }

        Put(target, to, "target");
        log($"Put the target, {to}, into its map.");
    }

    private void PutSource(BpfMap source, BpfProgram list, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (NeedsDrySource)
            {
                WaitUntilRead(from, "source", "the kernel would pass them on one by one, each when another comes", cancellationToken);
            }

            Put(source, from, "source");
            if (!NeedsDrySource || RedirectMaps.ReadRow(list, source) is not { ReceivedBuffers: > 0 })
            {
                log($"Put the source, {from}, into its map: from here on it redirects.");
                return;
            }

            // One came between the look and the step. Nothing was redirected to be lost, as it waits in front.
            RedirectMaps.TakeOut(source);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void WaitUntilRead(RedirectEnd end, string role, string why, CancellationToken cancellationToken)
    {
        long deadline = Environment.TickCount64 + (long)settings.Timeout.TotalMilliseconds;
        for (TimeSpan pause = TimeSpan.FromMilliseconds(1); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            int unread = end.CountUnread();
            if (unread == 0)
            {
                return;
            }

            if (settings.Timeout != Timeout.InfiniteTimeSpan && Environment.TickCount64 >= deadline)
            {
                throw new BypassException(BypassError.BytesUnread, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{unread} bytes wait unread in the {role}, {end}, and {why}: let its process read them, or give it more time (Timeout)."));
            }

            if (cancellationToken.WaitHandle.WaitOne(pause))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private void Put(BpfMap map, RedirectEnd end, string role)
    {
        try
        {
            RedirectMaps.Put(map, end);
        }
        catch (BpfException e)
        {
            throw Explain(e, end, role) ?? KernelError.Explain(e);
        }
    }

    /// <summary>What sock_map_update_elem_sys and its callees (net/core/sock_map.c) mean; null for anything else.</summary>
    private BypassException? Explain(BpfException e, RedirectEnd end, string role) => e.Errno switch
    {
        Errno.EBUSY => new BypassException(
            BypassError.SocketTaken,
            $"The {role}, {end}, is in another sockmap with a program for {(Mode.TakesSends() ? "what it sends (sk_msg)" : "what comes in (sk_skb)")}, and the kernel lets a socket have one: take it out there. A socket that left a sockmap while it stays in another keeps the first one's program until it is out of all.",
            e),
        Errno.EINVAL => new BypassException(BypassError.SocketNotSuitable, $"The kernel does not take the {role}, {end}: it has an upper layer protocol (kTLS), or lost its peer.", e),
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => new BypassException(
            BypassError.SocketNotSuitable,
            $"The kernel does not take the {role}, {end}: it is not connected any more, or this kernel takes no {RedirectSocketKinds.Name(end.Kind)} sockets (Test-SockmapRedirect).",
            e),
        _ => null,
    };

    /// <summary>
    /// What TCP received before has no one to pass it on until more comes. A look for it makes the kernel do so (since 6.5,
    /// tcp_bpf_recvmsg_parser), and takes nothing away.
    /// </summary>
    private void Kick()
    {
        if (!Mode.TakesSends() && from.Kind == RedirectSocketKind.Tcp)
        {
            Span<byte> one = stackalloc byte[1];
            _ = Libc.Recv(from.Descriptor, one, LinuxSocket.MSG_PEEK | LinuxSocket.MSG_DONTWAIT);
        }
    }
}
