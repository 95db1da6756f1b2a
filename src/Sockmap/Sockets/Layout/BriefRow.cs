using System.Runtime.InteropServices;

namespace Sockmap.Sockets.Layout;

/// <summary><c>struct brief_row</c> of bpf/sockets.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BriefRow
{
    /// <summary>The socket's cookie or its inode's number, as the program does.</summary>
    public ulong Key;
    public HolderRow Holder;
}
