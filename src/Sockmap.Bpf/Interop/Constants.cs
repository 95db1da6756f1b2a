using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>Constants of the kernel's headers, with their spelling.</summary>
internal static class Constants
{
    internal const int BPF_OBJ_NAME_LEN = 16;

    // include/uapi/linux/bpf.h
    internal const uint BPF_F_ALLOW_OVERRIDE = 1;
    internal const uint BPF_F_ALLOW_MULTI = 2;
    internal const uint BPF_F_REPLACE = 4;
    internal const uint BPF_F_QUERY_EFFECTIVE = 1;
    internal const uint BPF_F_NO_PREALLOC = 1;
    internal const uint BPF_F_NUMA_NODE = 4;
    internal const uint BPF_F_RDONLY = 8;
    internal const uint BPF_F_WRONLY = 16;
    internal const uint BPF_F_LOCK = 4;

    internal const uint BPF_RINGBUF_BUSY_BIT = 1u << 31;
    internal const uint BPF_RINGBUF_DISCARD_BIT = 1u << 30;
    internal const int BPF_RINGBUF_HDR_SZ = 8;

    // fcntl.h
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int O_RDONLY = 0;
    internal const int O_CLOEXEC = 0x80000;

    // The one flag that x86-64 and arm64 number differently (arch/arm64/include/uapi/asm/fcntl.h).
    internal static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    // unistd.h, sys/file.h
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;

    // sys/mman.h
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;

    // sys/epoll.h, sys/eventfd.h
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const uint EPOLLIN = 1;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    // time.h
    internal const int CLOCK_BOOTTIME = 7;

    // linux/fs.h
    internal const uint RENAME_NOREPLACE = 1;
    internal const uint RENAME_EXCHANGE = 2;

    // linux/magic.h
    internal const long CGROUP2_SUPER_MAGIC = 0x63677270;
    internal const long BPF_FS_MAGIC = 0xcafe4a11;

    // linux/exportfs.h: a file handle that holds the 64-bit id of a kernfs node
    internal const int FILEID_KERNFS = 0xfe;
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
}
