using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_LINK_UPDATE.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_link_update
{
    [FieldOffset(0)]
    internal uint link_fd;

    [FieldOffset(4)]
    internal uint new_prog_fd;

    [FieldOffset(4)]
    internal uint new_map_fd;

    [FieldOffset(8)]
    internal uint flags;

    [FieldOffset(12)]
    internal uint old_prog_fd;
}
