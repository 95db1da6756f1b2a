using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_MAP_*_BATCH.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_batch
{
    [FieldOffset(0)]
    internal ulong in_batch;

    [FieldOffset(8)]
    internal ulong out_batch;

    [FieldOffset(16)]
    internal ulong keys;

    [FieldOffset(24)]
    internal ulong values;

    [FieldOffset(32)]
    internal uint count;

    [FieldOffset(36)]
    internal uint map_fd;

    [FieldOffset(40)]
    internal ulong elem_flags;

    [FieldOffset(48)]
    internal ulong flags;
}
