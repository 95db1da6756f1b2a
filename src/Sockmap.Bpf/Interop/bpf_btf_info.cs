using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>struct bpf_btf_info of include/uapi/linux/bpf.h.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_btf_info
{
    [FieldOffset(0)]
    internal ulong btf;

    [FieldOffset(8)]
    internal uint btf_size;

    [FieldOffset(12)]
    internal uint id;

    [FieldOffset(16)]
    internal ulong name;

    [FieldOffset(24)]
    internal uint name_len;

    [FieldOffset(28)]
    internal uint kernel_btf;
}
