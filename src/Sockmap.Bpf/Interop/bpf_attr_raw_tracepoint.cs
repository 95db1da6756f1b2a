using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_RAW_TRACEPOINT_OPEN.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_raw_tracepoint
{
    [FieldOffset(0)]
    internal ulong name;

    [FieldOffset(8)]
    internal uint prog_fd;
}
