using System.Net;
using Sockmap.Entries;

namespace Sockmap.Sockets;

/// <summary>Finds connections of this host that could go over a bypass.</summary>
public static class CandidateFinder
{
    /// <summary>Pairs up established TCP sockets.</summary>
    /// <param name="sockets">All sockets that are held, listeners too, see <see cref="SocketHolders.Read"/>. They are read once.</param>
    /// <param name="options">What counts; null for pairs within a network namespace.</param>
    /// <returns>Each connection once, in no order. Those whose both ends are in a sockmap are left out.</returns>
    public static IReadOnlyList<ConnectionCandidate> Find(IEnumerable<HeldSocket> sockets, CandidateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sockets);
        Dictionary<ulong, ConnectionEnd> ends = [];
        HashSet<(uint Namespace, int Port, IPAddress Address)> listeners = [];
        foreach (HeldSocket socket in sockets)
        {
            if (socket is not { Protocol: System.Net.Sockets.ProtocolType.Tcp, LocalAddress: { } address, RemoteAddress: not null })
            {
                continue;
            }

            if (socket.State == SocketState.Listen)
            {
                listeners.Add((socket.NetworkNamespace, socket.LocalPort, address));
            }
            else if (socket.State == SocketState.Established)
            {
                if (ends.TryGetValue(socket.Cookie, out ConnectionEnd? known))
                {
                    known.AddHolder(socket);
                }
                else
                {
                    ends.Add(socket.Cookie, new ConnectionEnd(socket));
                }
            }
        }

        List<ConnectionCandidate> found = [];
        foreach ((ConnectionEnd one, ConnectionEnd other) in Pair(ends.Values, options ?? new CandidateOptions()))
        {
            if (one.Socket.IsInSockmap != true || other.Socket.IsInSockmap != true)
            {
                found.Add(IsConnectingEnd(one.Socket, other.Socket, listeners) ? ToCandidate(one, other) : ToCandidate(other, one));
            }
        }

        return found;
    }

    private static IEnumerable<(ConnectionEnd One, ConnectionEnd Other)> Pair(Dictionary<ulong, ConnectionEnd>.ValueCollection ends, CandidateOptions options)
    {
        // A pair shows up when its second end is looked at. A socket connected to itself mirrors itself and is none.
        Dictionary<(uint Namespace, ConnectionEnd.Tuple Addresses), ConnectionEnd> waiting = new(ends.Count);
        foreach (ConnectionEnd end in ends)
        {
            uint space = end.Socket.NetworkNamespace;
            if (waiting.Remove((space, end.Addresses.Mirrored), out ConnectionEnd? other))
            {
                yield return (other, end);
            }
            else
            {
                // The kernel has an address and port pair only once in a namespace; one that was closed and made again meanwhile replaces the older.
                waiting[(space, end.Addresses)] = end;
            }
        }

        if (!options.CrossNamespace)
        {
            yield break;
        }

        ILookup<ConnectionEnd.Tuple, ConnectionEnd> single = waiting.Values
            .Where(end => !IPAddress.IsLoopback(end.Socket.LocalAddress!) && !IPAddress.IsLoopback(end.Socket.RemoteAddress!))
            .ToLookup(end => end.Addresses);
        foreach (IGrouping<ConnectionEnd.Tuple, ConnectionEnd> same in single)
        {
            ConnectionEnd[] others = [.. single[same.Key.Mirrored]];
            if (others.Length == 1 && same.Count() == 1 && same.First() is var end && end.Socket.Cookie < others[0].Socket.Cookie)
            {
                yield return (end, others[0]);
            }
        }
    }

    private static bool IsConnectingEnd(HeldSocket one, HeldSocket other, HashSet<(uint Namespace, int Port, IPAddress Address)> listeners)
    {
        bool oneIsServed = HasListener(one, listeners);
        bool otherIsServed = HasListener(other, listeners);
        return oneIsServed != otherIsServed
            ? otherIsServed
            : (one.LocalPort, one.Cookie).CompareTo((other.LocalPort, other.Cookie)) > 0;
    }

    private static bool HasListener(HeldSocket socket, HashSet<(uint Namespace, int Port, IPAddress Address)> listeners) =>
        listeners.Contains((socket.NetworkNamespace, socket.LocalPort, socket.LocalAddress!))
        || listeners.Contains((socket.NetworkNamespace, socket.LocalPort, IPAddress.IPv6Any))
        || (socket.LocalAddress!.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            && listeners.Contains((socket.NetworkNamespace, socket.LocalPort, IPAddress.Any)));

    private static ConnectionCandidate ToCandidate(ConnectionEnd connecting, ConnectionEnd accepting)
    {
        HeldSocket local = connecting.Socket;
        HeldSocket remote = accepting.Socket;
        return new ConnectionCandidate
        {
            Family = local.AddressFamily,
            LocalAddress = local.LocalAddress!,
            LocalPort = local.LocalPort,
            RemoteAddress = local.RemoteAddress!,
            RemotePort = local.RemotePort,
            ProcessId = local.ProcessId,
            ProcessName = local.ProcessName,
            Descriptor = local.Descriptor,
            ProcessIds = connecting.ProcessIds,
            ProcessNames = connecting.ProcessNames,
            Cookie = local.Cookie,
            Inode = local.Inode,
            CgroupId = local.CgroupId,
            UserId = local.UserId,
            NetworkNamespace = local.NetworkNamespace,
            NetworkNamespaceCookie = local.NetworkNamespaceCookie,
            IsInSockmap = local.IsInSockmap,
            HasUpperProtocol = local.HasUpperProtocol == true ? true : local.HasUpperProtocol is null ? null : remote.HasUpperProtocol,
            RemoteProcessId = remote.ProcessId,
            RemoteProcessName = remote.ProcessName,
            RemoteDescriptor = remote.Descriptor,
            RemoteProcessIds = accepting.ProcessIds,
            RemoteProcessNames = accepting.ProcessNames,
            RemoteCookie = remote.Cookie,
            RemoteInode = remote.Inode,
            RemoteCgroupId = remote.CgroupId,
            RemoteUserId = remote.UserId,
            RemoteNetworkNamespace = remote.NetworkNamespace,
            RemoteNetworkNamespaceCookie = remote.NetworkNamespaceCookie,
            RemoteIsInSockmap = remote.IsInSockmap,
        };
    }
}
