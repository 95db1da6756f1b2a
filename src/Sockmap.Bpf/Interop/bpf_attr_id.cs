using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_*_GET_*_ID and BPF_*_GET_FD_BY_ID.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_id
{
    [FieldOffset(0)]
    internal uint start_id;

    [FieldOffset(0)]
    internal uint prog_id;

    [FieldOffset(0)]
    internal uint map_id;

    [FieldOffset(0)]
    internal uint btf_id;

    [FieldOffset(0)]
    internal uint link_id;

    [FieldOffset(4)]
    internal uint next_id;

    [FieldOffset(8)]
    internal uint open_flags;
}
