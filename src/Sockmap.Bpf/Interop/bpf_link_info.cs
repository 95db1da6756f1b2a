using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>struct bpf_link_info of include/uapi/linux/bpf.h; nested members are joined with an underscore; room is left for what newer kernels tell.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
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

    [FieldOffset(32)]
    internal ulong raw_tracepoint_cookie;

    [FieldOffset(32)]
    internal ulong tracing_cookie;

    [FieldOffset(32)]
    internal ulong iter_cgroup_cgroup_id;

    [FieldOffset(40)]
    internal uint iter_cgroup_order;

    [FieldOffset(32)]
    internal uint iter_task_tid;

    [FieldOffset(36)]
    internal uint iter_task_pid;

    [FieldOffset(16)]
    internal uint netfilter_pf;

    [FieldOffset(20)]
    internal uint netfilter_hooknum;

    [FieldOffset(24)]
    internal int netfilter_priority;

    [FieldOffset(28)]
    internal uint netfilter_flags;

    [FieldOffset(16)]
    internal ulong kprobe_multi_addrs;

    [FieldOffset(24)]
    internal uint kprobe_multi_count;

    [FieldOffset(28)]
    internal uint kprobe_multi_flags;

    [FieldOffset(32)]
    internal ulong kprobe_multi_missed;

    [FieldOffset(40)]
    internal ulong kprobe_multi_cookies;

    [FieldOffset(16)]
    internal ulong uprobe_multi_path;

    [FieldOffset(24)]
    internal ulong uprobe_multi_offsets;

    [FieldOffset(32)]
    internal ulong uprobe_multi_ref_ctr_offsets;

    [FieldOffset(40)]
    internal ulong uprobe_multi_cookies;

    [FieldOffset(48)]
    internal uint uprobe_multi_path_size;

    [FieldOffset(52)]
    internal uint uprobe_multi_count;

    [FieldOffset(56)]
    internal uint uprobe_multi_flags;

    [FieldOffset(60)]
    internal uint uprobe_multi_pid;

    [FieldOffset(16)]
    internal uint perf_event_type;

    [FieldOffset(24)]
    internal ulong perf_event_uprobe_file_name;

    [FieldOffset(32)]
    internal uint perf_event_uprobe_name_len;

    [FieldOffset(36)]
    internal uint perf_event_uprobe_offset;

    [FieldOffset(40)]
    internal ulong perf_event_uprobe_cookie;

    [FieldOffset(48)]
    internal ulong perf_event_uprobe_ref_ctr_offset;

    [FieldOffset(24)]
    internal ulong perf_event_kprobe_func_name;

    [FieldOffset(32)]
    internal uint perf_event_kprobe_name_len;

    [FieldOffset(36)]
    internal uint perf_event_kprobe_offset;

    [FieldOffset(40)]
    internal ulong perf_event_kprobe_addr;

    [FieldOffset(48)]
    internal ulong perf_event_kprobe_missed;

    [FieldOffset(56)]
    internal ulong perf_event_kprobe_cookie;

    [FieldOffset(24)]
    internal ulong perf_event_tracepoint_tp_name;

    [FieldOffset(32)]
    internal uint perf_event_tracepoint_name_len;

    [FieldOffset(40)]
    internal ulong perf_event_tracepoint_cookie;

    [FieldOffset(24)]
    internal ulong perf_event_event_config;

    [FieldOffset(32)]
    internal uint perf_event_event_type;

    [FieldOffset(40)]
    internal ulong perf_event_event_cookie;
}
