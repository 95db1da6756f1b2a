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

    internal const uint BPF_F_KPROBE_MULTI_RETURN = 1;
    internal const uint BPF_F_UPROBE_MULTI_RETURN = 1;
    internal const uint BPF_F_NETFILTER_IP_DEFRAG = 1;

    internal const uint BPF_RINGBUF_BUSY_BIT = 1u << 31;
    internal const uint BPF_RINGBUF_DISCARD_BIT = 1u << 30;
    internal const int BPF_RINGBUF_HDR_SZ = 8;

    // fcntl.h
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int O_RDONLY = 0;
    internal const int O_CLOEXEC = 0x80000;

    internal static readonly int O_DIRECTORY = PerArchitecture(x64: 0x10000, arm64: 0x4000);

    // sys/syscall.h
    internal static readonly int SYS_bpf = PerArchitecture(x64: 321, arm64: 280);
    internal static readonly int SYS_perf_event_open = PerArchitecture(x64: 298, arm64: 241);
    internal static readonly int SYS_renameat2 = PerArchitecture(x64: 316, arm64: 276);

    // linux/perf_event.h
    internal const nuint PERF_FLAG_FD_CLOEXEC = 8;
    internal const uint PERF_TYPE_HARDWARE = 0;
    internal const uint PERF_TYPE_SOFTWARE = 1;
    internal const uint PERF_TYPE_TRACEPOINT = 2;

    // linux/if_link.h
    internal const uint XDP_FLAGS_UPDATE_IF_NOEXIST = 1;
    internal const uint XDP_FLAGS_REPLACE = 16;
    internal const uint XDP_FLAGS_SKB_MODE = 2;
    internal const uint XDP_FLAGS_DRV_MODE = 4;
    internal const uint XDP_FLAGS_HW_MODE = 8;

    // linux/sched.h
    internal const int CLONE_NEWNET = 0x40000000;

    // sys/file.h
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

    // sys/socket.h, linux/netlink.h, linux/rtnetlink.h, linux/if_link.h
    internal const int AF_NETLINK = 16;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int NETLINK_ROUTE = 0;
    internal const int NLM_F_REQUEST = 1;
    internal const int NLM_F_ACK = 4;
    internal const int NLM_F_DUMP = 0x300;
    internal const int NLMSG_ERROR = 2;
    internal const int NLMSG_DONE = 3;
    internal const int NLA_TYPE_MASK = ~0xc000;
    internal const int NLA_F_NESTED = 0x8000;
    internal const int RTM_NEWLINK = 16;
    internal const int RTM_GETLINK = 18;
    internal const int RTM_SETLINK = 19;
    internal const int IFLA_IFNAME = 3;
    internal const int IFLA_XDP = 43;
    internal const int IFLA_XDP_FD = 1;
    internal const int IFLA_XDP_FLAGS = 3;
    internal const int IFLA_XDP_EXPECTED_FD = 8;
    internal const int IFLA_XDP_PROG_ID = 4;
    internal const int IFLA_XDP_DRV_PROG_ID = 5;
    internal const int IFLA_XDP_SKB_PROG_ID = 6;
    internal const int IFLA_XDP_HW_PROG_ID = 7;

    // time.h
    internal const int CLOCK_BOOTTIME = 7;

    // linux/fs.h
    internal const uint RENAME_NOREPLACE = 1;
    internal const uint RENAME_EXCHANGE = 2;

    // linux/magic.h
    internal const long CGROUP2_SUPER_MAGIC = 0x63677270;
    internal const long BPF_FS_MAGIC = 0xcafe4a11;
    internal const long NSFS_MAGIC = 0x6e736673;

    // linux/exportfs.h: a file handle that holds the 64-bit id of a kernfs node
    internal const int FILEID_KERNFS = 0xfe;
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;

    private static int PerArchitecture(int x64, int arm64) => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => x64,
        Architecture.Arm64 => arm64,
        Architecture other => throw new PlatformNotSupportedException($"The kernel's numbers are known for X64 and Arm64 only, not for {other}."),
    };
}
