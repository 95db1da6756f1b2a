using System.Runtime.InteropServices;

namespace Sockmap.Proxies.Layout;

/// <summary>struct splice_bell of bpf/splice.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SpliceBell
{
    [FieldOffset(0)]
    public uint Rung;
}
