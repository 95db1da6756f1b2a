using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>struct perf_event_attr of include/uapi/linux/perf_event.h, as far as its second published size, which all kernels with links take.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct perf_event_attr
{
    /// <summary>The bit-field <c>freq</c> in <see cref="flags"/>: the sampling member is a frequency.</summary>
    internal const ulong Frequency = 1 << 10;

    [FieldOffset(0)]
    internal uint type;

    [FieldOffset(4)]
    internal uint size;

    [FieldOffset(8)]
    internal ulong config;

    [FieldOffset(16)]
    internal ulong sample_period;

    [FieldOffset(16)]
    internal ulong sample_freq;

    [FieldOffset(24)]
    internal ulong sample_type;

    [FieldOffset(32)]
    internal ulong read_format;

    /// <summary>The bit-fields from <c>disabled</c> on.</summary>
    [FieldOffset(40)]
    internal ulong flags;

    [FieldOffset(48)]
    internal uint wakeup_events;

    [FieldOffset(56)]
    internal ulong config1;

    [FieldOffset(56)]
    internal ulong kprobe_func;

    [FieldOffset(56)]
    internal ulong uprobe_path;

    [FieldOffset(64)]
    internal ulong config2;

    [FieldOffset(64)]
    internal ulong probe_offset;
}
