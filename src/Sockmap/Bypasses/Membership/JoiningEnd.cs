using System.Net;
using System.Runtime.InteropServices;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Sockets;

namespace Sockmap.Bypasses.Membership;

/// <summary>One end of an established connection, by a descriptor of its socket.</summary>
internal sealed class JoiningEnd
{
    private readonly ulong _networkNamespace;

    /// <summary>Asks the kernel who it is.</summary>
    /// <exception cref="SocketAccessException">The descriptor is no socket.</exception>
    /// <exception cref="BypassException">It is no established TCP connection.</exception>
    public JoiningEnd(SafeHandle socket, bool hasConnected)
    {
        Socket = socket;
        HasConnected = hasConnected;
        Cookie = SocketQuery.GetCookie(socket);
        _networkNamespace = SocketQuery.GetNetworkNamespaceCookie(socket);
        IPEndPoint? local = SocketQuery.GetLocalEndPoint(socket), remote = SocketQuery.GetRemoteEndPoint(socket);
        if (local is null || remote is null || SocketQuery.GetProtocol(socket) != System.Net.Sockets.ProtocolType.Tcp)
        {
            throw new BypassException(BypassError.ConnectionNotTaken, $"Socket {Cookie} is no TCP connection: only such have a short cut.");
        }

        Local = local;
        Remote = remote;
        SocketState state = SocketQuery.GetState(socket);
        if (state != SocketState.Established)
        {
            throw new BypassException(BypassError.ConnectionNotTaken, $"The connection from {Local} to {Remote} is in state {state}: the kernel takes those that are established.");
        }
    }

    public SafeHandle Socket { get; }

    public bool HasConnected { get; }

    public ulong Cookie { get; }

    public IPEndPoint Local { get; }

    public IPEndPoint Remote { get; }

    /// <summary>Whether the other one is this one's other end, as far as addresses tell.</summary>
    public bool IsMirroredBy(JoiningEnd other) => Local.Equals(other.Remote) && Remote.Equals(other.Local);

    /// <summary>
    /// The scope of both ends' keys, as scope_of() in bpf/bypass.bpf.c gives it; null where the two are in namespaces that
    /// the bypass does not join.
    /// </summary>
    public ulong? ScopeWith(JoiningEnd other, bool crossNamespace)
    {
        if (crossNamespace && !IsNamespaceBound(Local.Address) && !IsNamespaceBound(Remote.Address))
        {
            return 0;
        }

        return _networkNamespace == other._networkNamespace ? _networkNamespace : null;
    }

    /// <summary>The state that its verdict begins with: it has used TCP, how much is not known, and a kick is due.</summary>
    public EntryState CreateState(ulong scope)
    {
        EntryState state = EntryState.Create(Local, Remote, scope, firstSequence: 0);
        state.Listed.Flags = EntryFlags.Added | EntryFlags.UsedTcp | EntryFlags.Kick | EntryFlags.Uncounted | (HasConnected ? EntryFlags.Connected : EntryFlags.None);
        state.Listed.JoinedAt = MonotonicClock.Now;
        return state;
    }

    private static bool IsNamespaceBound(IPAddress address) => IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal;
}
