using System.Runtime.InteropServices;

namespace Sockmap.Sockets.Layout;

/// <summary><c>struct held_row</c> of bpf/sockets.bpf.c.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HeldRow
{
    public SocketRow Socket;
    public HolderRow Holder;
}
