using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_MAP_*_ELEM, BPF_MAP_GET_NEXT_KEY and BPF_MAP_FREEZE.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_elem
{
    [FieldOffset(0)]
    internal uint map_fd;

    [FieldOffset(8)]
    internal ulong key;

    [FieldOffset(16)]
    internal ulong value;

    [FieldOffset(16)]
    internal ulong next_key;

    [FieldOffset(24)]
    internal ulong flags;
}
