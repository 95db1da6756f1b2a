using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_PROG_BIND_MAP.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_prog_bind_map
{
    [FieldOffset(0)]
    internal uint prog_fd;

    [FieldOffset(4)]
    internal uint map_fd;

    [FieldOffset(8)]
    internal uint flags;
}
