using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct bypass_event</c> of bpf/bypass.h: what happened to a socket.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BypassEvent
{
    public EntryKey Key;
    public ulong Time;
    public ulong Cookie;
    public ulong CgroupId;
    public ulong RedirectedMessages;
    public ulong RedirectedBytes;
    public ulong TcpMessages;
    public ulong TcpBytes;
    public ulong SpilledMessages;
    public uint UserId;
    public EventKind Kind;
    public uint Reason;
    public uint Connected;
}
