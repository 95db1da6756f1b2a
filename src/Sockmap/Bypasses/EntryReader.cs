using System.Net;
using Sockmap.Bpf.Iterators;
using Sockmap.Bpf.Links;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <summary>Reads the entries of a bypass through its list iterator, one pass in the kernel.</summary>
internal static class EntryReader
{
    /// <summary>Streams the rows, each once.</summary>
    public static IEnumerable<EntryRow> ReadRows(BpfLink list)
    {
        RecentKeys<ulong> seen = new();
        foreach (EntryRow row in BpfIterator.ReadRecords<EntryRow>(list))
        {
            if (seen.Add(Identify(row)))
            {
                yield return row;
            }
        }
    }

    /// <summary>
    /// Streams the rows, each with the other end's. The two ends of a connection follow each other, as the kernel finds
    /// the second one with the first; a row of which the kernel cannot tell waits until that of its other end has come.
    /// A socket whose other end leaves meanwhile may come twice: with that one, and alone.
    /// </summary>
    public static IEnumerable<(EntryRow Row, EntryRow? Peer)> ReadConnections(IEnumerable<EntryRow> pairs)
    {
        RecentKeys<ulong> seen = new();
        ConnectionPairing pairing = new();
        EntryRow before = default;
        foreach (EntryRow row in pairs)
        {
            switch (row.Other)
            {
                case RowOther.Follows:
                    before = row;
                    break;
                case RowOther.Precedes:
                    if (seen.Add(Identify(before)))
                    {
                        yield return (before, row);
                    }

                    if (seen.Add(Identify(row)))
                    {
                        yield return (row, before);
                    }

                    break;
                case RowOther.Absent:
                    if (seen.Add(Identify(row)))
                    {
                        yield return (row, null);
                    }

                    break;
                default:
                    if (seen.Add(Identify(row)) && pairing.Pair(row) is { } peer)
                    {
                        yield return (peer, row);
                        yield return (row, peer);
                    }

                    break;
            }
        }

        foreach (EntryRow row in pairing.Waiting)
        {
            yield return (row, null);
        }
    }

    /// <summary>The entry that a row tells of, without what other parts of the kernel know.</summary>
    public static SockmapEntry ToEntry(string bypass, in EntryRow row) => ToEntry(bypass, row, null, null);

    /// <param name="bypass">Name of the bypass.</param>
    /// <param name="row">The row.</param>
    /// <param name="peer">The other end's row, where it is in the map.</param>
    /// <param name="surroundings">Processes, cgroups and times; null where they are not wanted.</param>
    public static SockmapEntry ToEntry(string bypass, in EntryRow row, in EntryRow? peer, EntrySurroundings? surroundings)
    {
        IReadOnlyList<SocketProcess> own = surroundings?.FindProcesses(row) ?? [];
        IReadOnlyList<SocketProcess> other = peer is { } peerRow && surroundings is not null ? surroundings.FindProcesses(peerRow) : [];
        IPAddress remoteAddress = row.Key.RemoteAddress;
        return new SockmapEntry
        {
            Bypass = bypass,
            Family = Filters.AddressRange.FamilyOf(remoteAddress),
            LocalAddress = row.Key.LocalAddress,
            LocalPort = row.Key.LocalPort,
            RemoteAddress = remoteAddress,
            RemotePort = row.Key.RemotePort,
            State = (SocketState)row.State,
            IsClient = row.Flags.HasFlag(EntryFlags.Connected),
            Path = PathOf(row),
            ReceivePath = peer is { } sender ? PathOf(sender) : null,
            Reason = Reasons.Of((BypassCounter)row.Reason),
            RedirectedMessages = row.RedirectedMessages,
            RedirectedBytes = row.RedirectedBytes,
            TcpMessages = row.TcpMessages,
            TcpBytes = row.TcpBytes,
            SpilledMessages = row.SpilledMessages,
            QueuedBytes = row.QueuedBytes,
            LastUsed = surroundings?.ToLocalTime(row.LastUsed),
            JoinedAt = surroundings?.ToLocalTime(row.JoinedAt),
            WasAdded = row.Flags.HasFlag(EntryFlags.Added),
            IsLeaving = row.Leaving != EntryLeaving.Not,
            ProcessId = ProcessNames.Ids(own),
            ProcessName = ProcessNames.Names(own),
            PeerCookie = peer?.Cookie,
            PeerProcessId = ProcessNames.Ids(other),
            PeerProcessName = ProcessNames.Names(other),
            Cgroup = surroundings?.FindCgroup(row.CgroupId),
            CgroupId = row.CgroupId,
            Cookie = row.Cookie,
            Inode = row.Inode,
            NetworkNamespace = row.NetworkNamespaceInode,
            NetworkNamespaceCookie = row.NetworkNamespaceCookie,
            UserId = row.UserId,
        };
    }

    /// <summary>A cookie is quicker to compare than a key; who put a socket in by hand may have left it without.</summary>
    private static ulong Identify(in EntryRow row) => row.Cookie != 0 ? row.Cookie : row.ConnectionHash ^ (ulong)row.Key.LocalPort;

    private static EntryPath PathOf(in EntryRow row) => row.Flags.HasFlag(EntryFlags.Redirected) ? EntryPath.Redirected : EntryPath.Tcp;
}
