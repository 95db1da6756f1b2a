using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct entry_row</c> of bpf/bypass.h: one entry as the iterators over the map write it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct EntryRow
{
    public readonly EntryKey Key;
    public readonly ulong Cookie;
    public readonly ulong NetworkNamespaceCookie;
    public readonly ulong Inode;
    public readonly ulong CgroupId;
    public readonly ulong QueuedBytes;
    private readonly ulong _now;
    private readonly ulong _tick;
    private readonly int _unsettledBytes;
    public readonly uint UserId;
    public readonly uint NetworkNamespaceInode;
    public readonly ushort Family;
    public readonly byte State;
    public readonly RowOther Other;
    private readonly uint _queueEmpty;
    private readonly uint _quiet;
    public readonly EntryListed Listed;

    /// <summary>The key of the other end.</summary>
    public EntryKey Peer => Listed.Peer;

    public EntryFlags Flags => Listed.Flags;

    public EntryLeaving Leaving => Listed.Leaving;

    public uint Reason => Listed.Reason;

    public ulong JoinedAt => Listed.JoinedAt;

    public ulong RedirectedMessages => Listed.RedirectedMessages;

    public ulong RedirectedBytes => Listed.RedirectedBytes;

    public ulong TcpMessages => Listed.TcpMessages;

    public ulong SpilledMessages => Listed.SpilledMessages;

    /// <summary>Bytes that this socket has sent over TCP since it came in.</summary>
    public ulong TcpBytes => Listed.TcpBytes + (ulong)_unsettledBytes;

    /// <summary>
    /// When it sent last, or came in: nanoseconds of CLOCK_MONOTONIC. How long a tick (jiffy) is the kernel tells nobody;
    /// it is known by what ticks took since the socket's clock started.
    /// </summary>
    public ulong LastUsed
    {
        get
        {
            if (Listed.LastTick == 0)
            {
                return Listed.JoinedAt;
            }

            ulong ticks = _tick - Listed.ClockTick;
            return Listed.ClockTick == 0 || ticks == 0 ? _now : _now - ((_tick - Listed.LastTick) * ((_now - Listed.ClockAt) / ticks));
        }
    }

    /// <summary>A number of the connection: the same for both ends, and hardly ever for two connections.</summary>
    public ulong ConnectionHash => Key.SymmetricHash + Peer.SymmetricHash;

    /// <summary>No redirected byte waits in this socket.</summary>
    public bool IsQueueEmpty => _queueEmpty != 0;

    /// <summary>No send of this socket is under way.</summary>
    public bool IsQuiet => _quiet != 0;
}
