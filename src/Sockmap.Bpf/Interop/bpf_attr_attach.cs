using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_attach
{
    [FieldOffset(0)]
    internal uint target_fd;

    [FieldOffset(0)]
    internal uint target_ifindex;

    [FieldOffset(4)]
    internal uint attach_bpf_fd;

    [FieldOffset(8)]
    internal uint attach_type;

    [FieldOffset(12)]
    internal uint attach_flags;

    [FieldOffset(16)]
    internal uint replace_bpf_fd;
}
