using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_LINK_DETACH.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_link_detach
{
    [FieldOffset(0)]
    internal uint link_fd;
}
