using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_MAP_CREATE.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_map_create
{
    [FieldOffset(0)]
    internal uint map_type;

    [FieldOffset(4)]
    internal uint key_size;

    [FieldOffset(8)]
    internal uint value_size;

    [FieldOffset(12)]
    internal uint max_entries;

    [FieldOffset(16)]
    internal uint map_flags;

    [FieldOffset(20)]
    internal uint inner_map_fd;

    [FieldOffset(24)]
    internal uint numa_node;

    [FieldOffset(28)]
    internal bpf_name map_name;

    [FieldOffset(44)]
    internal uint map_ifindex;

    [FieldOffset(48)]
    internal uint btf_fd;

    [FieldOffset(52)]
    internal uint btf_key_type_id;

    [FieldOffset(56)]
    internal uint btf_value_type_id;

    [FieldOffset(60)]
    internal uint btf_vmlinux_value_type_id;

    [FieldOffset(64)]
    internal ulong map_extra;
}
