using System.Runtime.InteropServices;

namespace Sockmap.TestKit.Interop;

/// <summary>linux/if_packet.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sockaddr_ll
{
    public ushort sll_family;
    public ushort sll_protocol;
    public int sll_ifindex;
    public ushort sll_hatype;
    public byte sll_pkttype;
    public byte sll_halen;
    public ulong sll_addr;
}
