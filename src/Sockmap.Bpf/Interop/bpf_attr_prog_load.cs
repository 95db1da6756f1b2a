using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_PROG_LOAD.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_prog_load
{
    [FieldOffset(0)]
    internal uint prog_type;

    [FieldOffset(4)]
    internal uint insn_cnt;

    [FieldOffset(8)]
    internal ulong insns;

    [FieldOffset(16)]
    internal ulong license;

    [FieldOffset(24)]
    internal uint log_level;

    [FieldOffset(28)]
    internal uint log_size;

    [FieldOffset(32)]
    internal ulong log_buf;

    [FieldOffset(40)]
    internal uint kern_version;

    [FieldOffset(44)]
    internal uint prog_flags;

    [FieldOffset(48)]
    internal bpf_name prog_name;

    [FieldOffset(64)]
    internal uint prog_ifindex;

    [FieldOffset(68)]
    internal uint expected_attach_type;

    [FieldOffset(72)]
    internal uint prog_btf_fd;

    [FieldOffset(76)]
    internal uint func_info_rec_size;

    [FieldOffset(80)]
    internal ulong func_info;

    [FieldOffset(88)]
    internal uint func_info_cnt;

    [FieldOffset(92)]
    internal uint line_info_rec_size;

    [FieldOffset(96)]
    internal ulong line_info;

    [FieldOffset(104)]
    internal uint line_info_cnt;

    [FieldOffset(108)]
    internal uint attach_btf_id;

    [FieldOffset(112)]
    internal uint attach_prog_fd;

    [FieldOffset(112)]
    internal uint attach_btf_obj_fd;

    [FieldOffset(120)]
    internal ulong fd_array;
}
