using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_LINK_CREATE.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_link_create
{
    [FieldOffset(0)]
    internal uint prog_fd;

    [FieldOffset(4)]
    internal uint target_fd;

    [FieldOffset(4)]
    internal uint target_ifindex;

    [FieldOffset(8)]
    internal uint attach_type;

    [FieldOffset(12)]
    internal uint flags;

    [FieldOffset(16)]
    internal uint target_btf_id;

    [FieldOffset(16)]
    internal ulong iter_info;

    [FieldOffset(24)]
    internal uint iter_info_len;
}
