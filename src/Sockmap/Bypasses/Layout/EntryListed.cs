using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct entry_listed</c> of bpf/bypass.h: the part of a socket's state that a listing shows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EntryListed
{
    public EntryFlags Flags;
    public EntryLeaving Leaving;
    public uint Reason;
    public uint CountedSequence;
    public uint Group;
    public uint Reserved;
    public ulong JoinedAt;
    public ulong ClockAt;
    public ulong ClockTick;
    public EntryKey Peer;
    public ulong LastTick;
    public ulong RedirectedMessages;
    public ulong RedirectedBytes;
    public ulong TcpMessages;
    public ulong TcpBytes;
    public ulong SpilledMessages;
}
