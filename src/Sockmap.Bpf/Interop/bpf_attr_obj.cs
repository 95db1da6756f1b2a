using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_OBJ_PIN and BPF_OBJ_GET.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_obj
{
    [FieldOffset(0)]
    internal ulong pathname;

    [FieldOffset(8)]
    internal uint bpf_fd;

    [FieldOffset(12)]
    internal uint file_flags;
}
