using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_LINK_CREATE; nested members are joined with an underscore.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_link_create
{
    [FieldOffset(0)]
    internal uint prog_fd;

    [FieldOffset(0)]
    internal uint map_fd;

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

    [FieldOffset(16)]
    internal ulong perf_event_bpf_cookie;

    [FieldOffset(16)]
    internal uint kprobe_multi_flags;

    [FieldOffset(20)]
    internal uint kprobe_multi_cnt;

    [FieldOffset(24)]
    internal ulong kprobe_multi_syms;

    [FieldOffset(32)]
    internal ulong kprobe_multi_addrs;

    [FieldOffset(40)]
    internal ulong kprobe_multi_cookies;

    [FieldOffset(16)]
    internal uint netfilter_pf;

    [FieldOffset(20)]
    internal uint netfilter_hooknum;

    [FieldOffset(24)]
    internal int netfilter_priority;

    [FieldOffset(28)]
    internal uint netfilter_flags;

    [FieldOffset(16)]
    internal ulong uprobe_multi_path;

    [FieldOffset(24)]
    internal ulong uprobe_multi_offsets;

    [FieldOffset(32)]
    internal ulong uprobe_multi_ref_ctr_offsets;

    [FieldOffset(40)]
    internal ulong uprobe_multi_cookies;

    [FieldOffset(48)]
    internal uint uprobe_multi_cnt;

    [FieldOffset(52)]
    internal uint uprobe_multi_flags;

    [FieldOffset(56)]
    internal uint uprobe_multi_pid;
}
