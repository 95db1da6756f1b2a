using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_PROG_QUERY.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_query
{
    [FieldOffset(0)]
    internal uint target_fd;

    [FieldOffset(4)]
    internal uint attach_type;

    [FieldOffset(8)]
    internal uint query_flags;

    [FieldOffset(12)]
    internal uint attach_flags;

    [FieldOffset(16)]
    internal ulong prog_ids;

    [FieldOffset(0)]
    internal uint target_ifindex;

    [FieldOffset(24)]
    internal uint prog_cnt;

    [FieldOffset(32)]
    internal ulong prog_attach_flags;

    [FieldOffset(40)]
    internal ulong link_ids;
}
