using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>union bpf_iter_link_info of include/uapi/linux/bpf.h; nested members are joined with an underscore.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct bpf_iter_link_info
{
    [FieldOffset(0)]
    internal uint map_map_fd;

    [FieldOffset(0)]
    internal uint cgroup_order;

    [FieldOffset(4)]
    internal uint cgroup_cgroup_fd;

    [FieldOffset(8)]
    internal ulong cgroup_cgroup_id;

    [FieldOffset(0)]
    internal uint task_tid;

    [FieldOffset(4)]
    internal uint task_pid;

    [FieldOffset(8)]
    internal uint task_pid_fd;
}
