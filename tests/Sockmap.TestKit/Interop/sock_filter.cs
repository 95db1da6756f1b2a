using System.Runtime.InteropServices;

namespace Sockmap.TestKit.Interop;

/// <summary>One classic BPF instruction (linux/filter.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sock_filter(ushort code, byte jt, byte jf, uint k)
{
    public ushort code = code;
    public byte jt = jt;
    public byte jf = jf;
    public uint k = k;
}
