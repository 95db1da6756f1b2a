using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct entry_row</c> of bpf/bypass.h: one entry as the list iterator writes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct EntryRow
{
    public readonly EntryKey Key;

    /// <summary>The key of the other end.</summary>
    public readonly EntryKey Peer;
    public readonly ulong Cookie;
    public readonly ulong NetworkNamespaceCookie;
    public readonly ulong Inode;
    public readonly ulong CgroupId;
    public readonly ulong JoinedAt;
    public readonly ulong LastUsed;
    public readonly ulong RedirectedMessages;
    public readonly ulong RedirectedBytes;
    public readonly ulong TcpMessages;
    public readonly ulong TcpBytes;
    public readonly ulong SpilledMessages;
    public readonly ulong QueuedBytes;
    private readonly uint _queueEmpty;
    private readonly uint _quiet;
    public readonly uint UserId;
    public readonly EntryFlags Flags;
    public readonly ushort Family;
    public readonly byte State;
    private readonly byte _hasState;
    public readonly uint Reason;
    public readonly uint NetworkNamespaceInode;
    public readonly EntryLeaving Leaving;

    /// <summary>A number of the connection: the same for both ends, and hardly ever for two connections.</summary>
    public ulong ConnectionHash => Key.SymmetricHash + Peer.SymmetricHash;

    /// <summary>No redirected byte waits in this socket.</summary>
    public bool IsQueueEmpty => _queueEmpty != 0;

    /// <summary>No send of this socket is under way.</summary>
    public bool IsQuiet => _quiet != 0;
}
