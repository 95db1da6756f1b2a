using System.Runtime.InteropServices;

namespace Sockmap.Proxies.Layout;

/// <summary>struct splice_way of bpf/splice.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct SpliceWay
{
    [FieldOffset(0)]
    public ulong RedirectedBytes;

    [FieldOffset(8)]
    public ulong RedirectedMessages;

    [FieldOffset(16)]
    public ulong PassedBytes;

    [FieldOffset(24)]
    public ulong PassedMessages;

    [FieldOffset(48)]
    public ulong RepeatedBytes;

    [FieldOffset(56)]
    public uint IsBroken;

    [FieldOffset(64)]
    public ulong HandedBytes;

    [FieldOffset(72)]
    public uint Ready;
}
