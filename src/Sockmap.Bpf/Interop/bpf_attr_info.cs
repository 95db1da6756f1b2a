using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_OBJ_GET_INFO_BY_FD.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_info
{
    [FieldOffset(0)]
    internal uint bpf_fd;

    [FieldOffset(4)]
    internal uint info_len;

    [FieldOffset(8)]
    internal ulong info;
}
