using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>
/// struct file_handle of fcntl.h with the 8 bytes that a node of kernfs needs: its 64-bit id
/// (kernfs_encode_fh in fs/kernfs/mount.c), for a cgroup the cgroup id.
/// </summary>
[StructLayout(LayoutKind.Explicit, Pack = 4, Size = 16)]
internal struct kernfs_file_handle
{
    [FieldOffset(0)]
    internal uint handle_bytes;

    [FieldOffset(4)]
    internal int handle_type;

    [FieldOffset(8)]
    internal ulong id;
}
