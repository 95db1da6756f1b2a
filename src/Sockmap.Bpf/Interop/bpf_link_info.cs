using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>struct bpf_link_info of include/uapi/linux/bpf.h; nested members are joined with an underscore; room is left for the members not used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct bpf_link_info
{
    [FieldOffset(0)]
    internal uint type;

    [FieldOffset(4)]
    internal uint id;

    [FieldOffset(8)]
    internal uint prog_id;

    [FieldOffset(16)]
    internal ulong raw_tracepoint_tp_name;

    [FieldOffset(24)]
    internal uint raw_tracepoint_tp_name_len;

    [FieldOffset(16)]
    internal uint tracing_attach_type;

    [FieldOffset(20)]
    internal uint tracing_target_obj_id;

    [FieldOffset(24)]
    internal uint tracing_target_btf_id;

    [FieldOffset(16)]
    internal ulong cgroup_cgroup_id;

    [FieldOffset(24)]
    internal uint cgroup_attach_type;

    [FieldOffset(16)]
    internal ulong iter_target_name;

    [FieldOffset(24)]
    internal uint iter_target_name_len;

    [FieldOffset(28)]
    internal uint iter_map_map_id;

    [FieldOffset(16)]
    internal uint netns_netns_ino;

    [FieldOffset(20)]
    internal uint netns_attach_type;

    [FieldOffset(16)]
    internal uint xdp_ifindex;

    [FieldOffset(16)]
    internal uint struct_ops_map_id;

    [FieldOffset(16)]
    internal uint tcx_ifindex;

    [FieldOffset(20)]
    internal uint tcx_attach_type;

    [FieldOffset(16)]
    internal uint netkit_ifindex;

    [FieldOffset(20)]
    internal uint netkit_attach_type;

    [FieldOffset(16)]
    internal uint sockmap_map_id;

    [FieldOffset(20)]
    internal uint sockmap_attach_type;
}
