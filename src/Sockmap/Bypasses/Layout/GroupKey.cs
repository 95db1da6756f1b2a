using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct group_key</c> of bpf/bypass.h: the sockets that share counters.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct GroupKey
{
    public readonly ulong CgroupId;
    public readonly uint Port;
    private readonly uint _reserved;
}
