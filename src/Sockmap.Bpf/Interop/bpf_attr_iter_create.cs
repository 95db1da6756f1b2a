using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_ITER_CREATE.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_iter_create
{
    [FieldOffset(0)]
    internal uint link_fd;

    [FieldOffset(4)]
    internal uint flags;
}
