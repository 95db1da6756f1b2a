using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>struct bpf_prog_info of include/uapi/linux/bpf.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct bpf_prog_info
{
    [FieldOffset(0)]
    internal uint type;

    [FieldOffset(4)]
    internal uint id;

    [FieldOffset(8)]
    internal ulong tag;

    [FieldOffset(16)]
    internal uint jited_prog_len;

    [FieldOffset(20)]
    internal uint xlated_prog_len;

    [FieldOffset(24)]
    internal ulong jited_prog_insns;

    [FieldOffset(32)]
    internal ulong xlated_prog_insns;

    [FieldOffset(40)]
    internal ulong load_time;

    [FieldOffset(48)]
    internal uint created_by_uid;

    [FieldOffset(52)]
    internal uint nr_map_ids;

    [FieldOffset(56)]
    internal ulong map_ids;

    [FieldOffset(64)]
    internal bpf_name name;

    [FieldOffset(80)]
    internal uint ifindex;

    [FieldOffset(84)]
    internal uint gpl_compatible;

    [FieldOffset(88)]
    internal ulong netns_dev;

    [FieldOffset(96)]
    internal ulong netns_ino;

    [FieldOffset(104)]
    internal uint nr_jited_ksyms;

    [FieldOffset(108)]
    internal uint nr_jited_func_lens;

    [FieldOffset(112)]
    internal ulong jited_ksyms;

    [FieldOffset(120)]
    internal ulong jited_func_lens;

    [FieldOffset(128)]
    internal uint btf_id;

    [FieldOffset(132)]
    internal uint func_info_rec_size;

    [FieldOffset(136)]
    internal ulong func_info;

    [FieldOffset(144)]
    internal uint nr_func_info;

    [FieldOffset(148)]
    internal uint nr_line_info;

    [FieldOffset(152)]
    internal ulong line_info;

    [FieldOffset(160)]
    internal ulong jited_line_info;

    [FieldOffset(168)]
    internal uint nr_jited_line_info;

    [FieldOffset(172)]
    internal uint line_info_rec_size;

    [FieldOffset(176)]
    internal uint jited_line_info_rec_size;

    [FieldOffset(180)]
    internal uint nr_prog_tags;

    [FieldOffset(184)]
    internal ulong prog_tags;

    [FieldOffset(192)]
    internal ulong run_time_ns;

    [FieldOffset(200)]
    internal ulong run_cnt;

    [FieldOffset(208)]
    internal ulong recursion_misses;

    [FieldOffset(216)]
    internal uint verified_insns;

    [FieldOffset(220)]
    internal uint attach_btf_obj_id;

    [FieldOffset(224)]
    internal uint attach_btf_id;
}
