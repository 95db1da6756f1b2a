using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bypasses;
using Sockmap.Interop;
using Sockmap.Redirects.Layout;
using Sockmap.Redirects.Store;

namespace Sockmap.Redirects;

/// <summary>
/// Makes a redirect: everything loaded and pinned first, in a folder that is not yet published, then the target put in,
/// and the source last, which is the step that makes it work.
/// </summary>
internal sealed class RedirectInstallation(RedirectSettings settings, RedirectEnd from, RedirectEnd to, Action<string> log)
{
    private const int MostLooks = 20;

    /// <summary>Readers that come by read it dry in that time.</summary>
    private static readonly TimeSpan DryTime = TimeSpan.FromMilliseconds(200);

    private SockmapRedirectMode Mode => settings.Mode;

    /// <exception cref="BypassException">The kernel did not take a socket, or bytes are unread. Nothing is left behind.</exception>
    public void Build(RedirectFolder folder, CancellationToken cancellationToken)
    {
        using BpfObject loaded = RedirectObject.Load(new RedirectConfig
        {
            Mode = Mode,
            QueueLimit = settings.QueueLimit == 0 ? RedirectSettings.DefaultQueueLimit : settings.QueueLimit,
            CreatedAt = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100,
            SourceCookie = from.Cookie,
            Options = from.Kind switch
            {
                RedirectSocketKind.Udp => RedirectOptions.MayDrop,
                RedirectSocketKind.Tcp => RedirectOptions.HoldsSender,
                _ => RedirectOptions.None,
            },
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
        loaded.Maps[RedirectObject.Keeper].Pin(folder.Keeper);
        loaded.Maps[RedirectObject.Configuration].Pin(folder.Config);
        list.Pin(folder.List);
        loaded.Programs[RedirectObject.Leave].Pin(folder.Leave);
        verdict.Pin(folder.Verdict);
        log($"Pinned programs and maps in {folder.Path}.");

        PutTarget(target, cancellationToken);
        PutSource(loaded, cancellationToken);
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

    private void PutSource(BpfObject loaded, CancellationToken cancellationToken)
    {
        BpfMap source = loaded.Maps[RedirectObject.Source];
        if (Mode.TakesSends())
        {
            Put(source, from, "source");
        }
        else if (from.Kind == RedirectSocketKind.Tcp)
        {
            Join(loaded, cancellationToken);
        }
        else
        {
            PutDrySource(source, loaded.Programs[RedirectObject.List], cancellationToken);
        }

        log($"Put the source, {from}, into its map: from here on it redirects.");
    }

    /// <summary>
    /// Under its lock, as the kernel would hand on the first buffer of its receive queue whole, also what its process has
    /// read of it. A source that is being read has nothing unread at some moment, which is waited for a while.
    /// </summary>
    private void Join(BpfObject loaded, CancellationToken cancellationToken)
    {
        Deadline deadline = new(settings.Timeout), dry = new(settings.Timeout < DryTime ? settings.Timeout : DryTime);
        while (true)
        {
            BpfProgram join = loaded.Programs[dry.IsOver ? RedirectObject.Join : RedirectObject.JoinDry];
            switch (SourcePass.Run(join, from.Descriptor))
            {
                case 0:
                    return;
                case null:
                    throw new BypassException(BypassError.SocketNotSuitable, $"The source, {from}, was closed meanwhile.");
                case < 0 and int errno:
                    BpfException refusal = new("Putting a socket into a SOCKMAP", -errno);
                    throw Explain(refusal, from, "source") ?? KernelError.Explain(refusal);
                default:
                    if (deadline.IsOver && dry.IsOver)
                    {
                        throw new BypassException(
                            BypassError.BytesUnread,
                            $"The process of the source, {from}, has read a part of a buffer and leaves the rest, which the kernel would hand on whole: let it read on, or give it more time (Timeout).");
                    }

                    (dry.IsOver ? deadline : dry).Pause(cancellationToken);
                    AwaitDryMoment(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Where bytes keep coming, a moment with nothing unread is short: it is looked for before the kernel's list is walked again.</summary>
    private void AwaitDryMoment(CancellationToken cancellationToken)
    {
        for (int look = 0; look < MostLooks && from.CountUnread() > 0; look++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }

    private void PutDrySource(BpfMap source, BpfProgram list, CancellationToken cancellationToken)
    {
        while (true)
        {
            WaitUntilRead(from, "source", "the kernel would pass them on one by one, each when another comes", cancellationToken);
            Put(source, from, "source");
            if (RedirectMaps.ReadRow(list, source) is not { ReceivedBuffers: > 0 })
            {
                return;
            }

            // One came between the look and the step. Nothing was redirected to be lost, as it waits in front.
            RedirectMaps.TakeOut(source);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void WaitUntilRead(RedirectEnd end, string role, string why, CancellationToken cancellationToken)
    {
        Deadline deadline = new(settings.Timeout);
        while (true)
        {
            int unread = end.CountUnread();
            if (unread == 0)
            {
                return;
            }

            if (deadline.IsOver)
            {
                throw new BypassException(BypassError.BytesUnread, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{unread} bytes wait unread in the {role}, {end}, and {why}: let its process read them, or give it more time (Timeout)."));
            }

            deadline.Pause(cancellationToken);
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
            _ = SocketCalls.Recv(from.Descriptor, one, SocketConstants.MSG_PEEK | SocketConstants.MSG_DONTWAIT);
        }
    }
}
