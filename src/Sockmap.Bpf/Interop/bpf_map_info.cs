using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>struct bpf_map_info of include/uapi/linux/bpf.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct bpf_map_info
{
    [FieldOffset(0)]
    internal uint type;

    [FieldOffset(4)]
    internal uint id;

    [FieldOffset(8)]
    internal uint key_size;

    [FieldOffset(12)]
    internal uint value_size;

    [FieldOffset(16)]
    internal uint max_entries;

    [FieldOffset(20)]
    internal uint map_flags;

    [FieldOffset(24)]
    internal bpf_name name;

    [FieldOffset(40)]
    internal uint ifindex;

    [FieldOffset(44)]
    internal uint btf_vmlinux_value_type_id;

    [FieldOffset(48)]
    internal ulong netns_dev;

    [FieldOffset(56)]
    internal ulong netns_ino;

    [FieldOffset(64)]
    internal uint btf_id;

    [FieldOffset(68)]
    internal uint btf_key_type_id;

    [FieldOffset(72)]
    internal uint btf_value_type_id;

    [FieldOffset(76)]
    internal uint btf_vmlinux_id;

    [FieldOffset(80)]
    internal ulong map_extra;
}
