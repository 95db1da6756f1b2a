using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_BTF_LOAD.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_btf_load
{
    [FieldOffset(0)]
    internal ulong btf;

    [FieldOffset(8)]
    internal ulong btf_log_buf;

    [FieldOffset(16)]
    internal uint btf_size;

    [FieldOffset(20)]
    internal uint btf_log_size;

    [FieldOffset(24)]
    internal uint btf_log_level;
}
