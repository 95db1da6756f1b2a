using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>The part of union bpf_attr (include/uapi/linux/bpf.h) for BPF_PROG_TEST_RUN.</summary>
[StructLayout(LayoutKind.Explicit)]
internal struct bpf_attr_test
{
    [FieldOffset(0)]
    internal uint prog_fd;

    [FieldOffset(4)]
    internal uint retval;

    [FieldOffset(8)]
    internal uint data_size_in;

    [FieldOffset(12)]
    internal uint data_size_out;

    [FieldOffset(16)]
    internal ulong data_in;

    [FieldOffset(24)]
    internal ulong data_out;

    [FieldOffset(32)]
    internal uint repeat;

    [FieldOffset(36)]
    internal uint duration;

    [FieldOffset(40)]
    internal uint ctx_size_in;

    [FieldOffset(44)]
    internal uint ctx_size_out;

    [FieldOffset(48)]
    internal ulong ctx_in;

    [FieldOffset(56)]
    internal ulong ctx_out;
}
