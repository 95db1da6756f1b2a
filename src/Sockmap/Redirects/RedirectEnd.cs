using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Interop;
using Sockmap.Sockets;
using Sockmap.Sockets.Layout;

namespace Sockmap.Redirects;

/// <summary>A socket that is to be the source or the target of a redirect, by a descriptor of this process.</summary>
public sealed class RedirectEnd : IDisposable
{
    private readonly bool _ownsDescriptor;

    private RedirectEnd(SafeHandle descriptor, bool ownsDescriptor)
    {
        Descriptor = descriptor;
        _ownsDescriptor = ownsDescriptor;
        Cookie = SocketQuery.GetCookie(descriptor);
        KernelFamily = SocketQuery.GetDomain(descriptor);
        Kind = RedirectSocketKinds.Of(KernelFamily, (int)SocketQuery.GetSocketType(descriptor), (int)SocketQuery.GetProtocol(descriptor));
        Local = SocketQuery.GetLocalEndPoint(descriptor);
        Remote = SocketQuery.GetRemoteEndPoint(descriptor);
    }

    /// <summary>What kind of socket it is.</summary>
    public RedirectSocketKind Kind { get; }

    /// <summary>Its cookie (SO_COOKIE).</summary>
    public ulong Cookie { get; }

    /// <summary>Its family; Unknown for those that .NET does not know, such as VSOCK.</summary>
    public AddressFamily Family => Families.ToDotnet(KernelFamily);

    internal int KernelFamily { get; }

    internal SafeHandle Descriptor { get; }

    internal IPEndPoint? Local { get; }

    internal IPEndPoint? Remote { get; }

    /// <summary>A socket of this process. The descriptor stays the caller's, and must stay open while this is used.</summary>
    /// <exception cref="SocketAccessException">It is no socket (NotASocket).</exception>
    public static RedirectEnd Of(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return new RedirectEnd(descriptor, ownsDescriptor: false);
    }

    /// <summary>A socket that a process has open, taken out of it (pidfd_getfd(2)); it stays open there too.</summary>
    /// <param name="held">As it was listed.</param>
    /// <exception cref="SocketAccessException">The process or its descriptor is gone, or this process may not.</exception>
    public static RedirectEnd Of(HeldSocket held)
    {
        ArgumentNullException.ThrowIfNull(held);
        return Take(held.ProcessId, held.Descriptor, held.Cookie);
    }

    /// <summary>One end of a connection, as candidates are listed.</summary>
    /// <param name="candidate">The connection.</param>
    /// <param name="accepting">The end that accepted; else the one that connected, as which the candidate is seen.</param>
    /// <exception cref="SocketAccessException">The process or its descriptor is gone, or this process may not.</exception>
    public static RedirectEnd Of(ConnectionCandidate candidate, bool accepting = false)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return accepting
            ? Take(candidate.RemoteProcessId, candidate.RemoteDescriptor, candidate.RemoteCookie)
            : Take(candidate.ProcessId, candidate.Descriptor, candidate.Cookie);
    }

    /// <summary>The socket of an entry of a bypass, taken out of one of the processes that hold it.</summary>
    /// <exception cref="SocketAccessException">No process holds it any more, or this process may not.</exception>
    public static RedirectEnd Of(SockmapEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        using SocketListing<HeldSocket> sockets = SocketHolders.Read();
        HeldSocket? held = sockets.Where(socket => socket.Cookie == entry.Cookie).OrderBy(socket => socket.ProcessId != Environment.ProcessId).FirstOrDefault();
        return held is not null ? Of(held) : throw new SocketAccessException(
            SocketAccessError.DescriptorClosed,
            string.Create(CultureInfo.InvariantCulture, $"No process holds the socket from {entry.LocalAddress}:{entry.LocalPort} to {entry.RemoteAddress}:{entry.RemotePort} any more: it was closed since it was listed."));
    }

    /// <summary>A socket of a process by what names it there.</summary>
    /// <param name="processId">The process, as this process's PID namespace numbers it.</param>
    /// <param name="port">Its own or its peer's port; null where that does not matter.</param>
    /// <param name="descriptor">Number of the descriptor; null where that does not matter.</param>
    /// <param name="inode">Its inode, as in /proc/PID/fd; null where that does not matter.</param>
    /// <exception cref="SocketAccessException">The process has no such socket (DescriptorClosed), or several (NoDescriptor), or this process may not.</exception>
    public static RedirectEnd Find(int processId, int? port = null, int? descriptor = null, ulong? inode = null)
    {
        using SocketListing<HeldSocket> sockets = SocketHolders.Read(new SocketReadOptions { AnyProtocol = true });
        HeldSocket[] found =
        [
            .. sockets
                .Where(socket => socket.ProcessId == processId
                    && socket.State != SocketState.Listen
                    && (port is null || (socket.LocalAddress is not null && (socket.LocalPort == port || socket.RemotePort == port)))
                    && (descriptor is null || socket.Descriptor == descriptor)
                    && (inode is null || socket.Inode == inode))
                .DistinctBy(socket => socket.Cookie),
        ];
        return found switch
        {
            [{ } one] => Of(one),
            [] => throw new SocketAccessException(
                SocketAccessError.DescriptorClosed,
                string.Create(CultureInfo.InvariantCulture, $"Process {processId} has no such socket open ({Asked()}): look into /proc/{processId}/fd, or list connections with Get-SockmapCandidate -ProcessId {processId}.")),
            _ => throw new SocketAccessException(
                SocketAccessError.NoDescriptor,
                string.Create(CultureInfo.InvariantCulture, $"Process {processId} has {found.Length} such sockets ({Asked()}): name one by its descriptor. They are {string.Join("; ", found.Take(8).Select(Describe))}.")),
        };

        string Asked() => string.Join(", ", new[]
        {
            port is { } p ? string.Create(CultureInfo.InvariantCulture, $"port {p}") : null,
            descriptor is { } d ? string.Create(CultureInfo.InvariantCulture, $"descriptor {d}") : null,
            inode is { } i ? string.Create(CultureInfo.InvariantCulture, $"inode {i}") : null,
        }.OfType<string>().DefaultIfEmpty("any"));

        static string Describe(HeldSocket socket) => string.Create(
            CultureInfo.InvariantCulture,
            $"descriptor {socket.Descriptor} ({RedirectEndText.Describe(KindOf(socket), socket)})");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsDescriptor)
        {
            Descriptor.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => RedirectEndText.Describe(Kind, Local, Remote);

    /// <summary>Bytes in its own receive queue, those of the first datagram where it receives datagrams (FIONREAD).</summary>
    internal int CountUnread()
    {
        int unread = SocketCalls.QueuedBytes(Descriptor);
        return unread >= 0 ? unread : throw new BypassException(
            BypassError.SocketNotSuitable,
            $"The {this} could not be asked for unread bytes ({Sockmap.Bpf.Errno.Describe(-unread)}).");
    }

    private static RedirectSocketKind KindOf(HeldSocket socket) => RedirectSocketKinds.Of(
        Families.ToKernel(socket.Family), (int)socket.Type, (int)socket.Protocol);

    private static RedirectEnd Take(int processId, int descriptor, ulong cookie)
    {
        SafeSocketDescriptor? copy = ForeignDescriptor.Open(processId, descriptor, cookie);
        try
        {
            RedirectEnd end = new(copy, ownsDescriptor: true);
            copy = null;
            return end;
        }
        finally
        {
            copy?.Dispose();
        }
    }
}
