namespace Sockmap.Interop;

/// <summary>Constants of the kernel's headers, with their spelling. x86-64 and arm64 number them alike.</summary>
internal static class SocketConstants
{
    // include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl number them alike.
    internal const int SYS_pidfd_open = 434;
    internal const int SYS_pidfd_getfd = 438;

    // include/uapi/asm-generic/fcntl.h
    internal const int F_DUPFD_CLOEXEC = 1030;

    // include/linux/socket.h
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_NETLINK = 16;
    internal const int AF_VSOCK = 40;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SHUT_RDWR = 2;
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_CTRUNC = 0x8;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int MSG_OOB = 0x1;
    internal const int MSG_PEEK = 0x2;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_WAITALL = 0x100;
    internal const int MSG_ERRQUEUE = 0x2000;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_ZEROCOPY = 0x4000000;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SHUT_WR = 1;

    // include/uapi/asm-generic/socket.h
    internal const int SO_TYPE = 3;
    internal const int SO_LINGER = 13;
    internal const int SO_PROTOCOL = 38;
    internal const int SO_DOMAIN = 39;
    internal const int SO_COOKIE = 57;
    internal const int SOL_SOCKET = 1;
    internal const int SO_MEMINFO = 55;
    internal const int SO_ZEROCOPY = 60;
    internal const int SO_NETNS_COOKIE = 71;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_KEEPALIVE = 9;

    // include/uapi/linux/sockios.h
    internal const uint SIOCGSKNS = 0x894C;
    internal const uint SIOCOUTQ = 0x5411;

    // include/uapi/asm-generic/errno.h
    internal const int ENOTSOCK = 88;
    internal const int ENOTCONN = 107;

    // include/uapi/linux/netlink.h, include/uapi/linux/sock_diag.h
    internal const int NETLINK_SOCK_DIAG = 4;
    internal const int SOCK_DIAG_BY_FAMILY = 20;
    internal const int NLM_F_REQUEST = 1;
    internal const int NLM_F_DUMP = 0x300;
    internal const int NLMSG_ERROR = 2;
    internal const int NLMSG_DONE = 3;
    internal const int NLA_TYPE_MASK = ~0xc000;

    // include/uapi/linux/inet_diag.h
    internal const int INET_DIAG_INFO = 2;
    internal const int INET_DIAG_ULP_INFO = 19;
    internal const int INET_DIAG_CGROUP_ID = 21;

    // include/uapi/linux/unix_diag.h
    internal const uint UDIAG_SHOW_UID = 0x40;
    internal const int UNIX_DIAG_UID = 7;

    // include/uapi/linux/in.h, include/uapi/linux/tcp.h
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int TCP_INFO = 11;
    internal const int TCP_REPAIR = 19;
    internal const int TCP_REPAIR_QUEUE = 20;
    internal const int TCP_QUEUE_SEQ = 21;
    internal const int TCP_ULP = 31;
    internal const int TCP_SEND_QUEUE = 2;
    internal const int TCP_REPAIR_ON = 1;

    // Off without the window probe that turning it off sends else.
    internal const int TCP_REPAIR_OFF_NO_WP = -1;

    // include/uapi/asm-generic/ioctls.h
    internal const uint FIONREAD = 0x541B;

    // include/uapi/linux/eventpoll.h
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const uint EPOLLIN = 1;
    internal const uint EPOLLET = 1u << 31;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    internal const uint EPOLLOUT = 4;
    internal const uint EPOLLERR = 8;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLRDHUP = 0x2000;

    // include/linux/splice.h
    internal const uint SPLICE_F_NONBLOCK = 2;

    // include/uapi/linux/in6.h
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;

    // include/uapi/linux/eventfd.h
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    // include/uapi/linux/bpf.h
    internal const uint BPF_F_MMAPABLE = 1 << 10;
}
