using System.Runtime.InteropServices;

namespace Sockmap.Sockets.Layout;

/// <summary><c>struct brief_row</c> of bpf/sockets.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BriefRow
{
    public ulong Cookie;
    public HolderRow Holder;
}
