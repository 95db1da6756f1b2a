namespace Sockmap.Sockets.Interop;

/// <summary>Constants of the kernel's headers, with their spelling, beside those of <see cref="Support.Interop.LinuxSocket"/>.</summary>
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

    // include/uapi/asm-generic/socket.h
    internal const int SO_TYPE = 3;
    internal const int SO_LINGER = 13;
    internal const int SO_PROTOCOL = 38;
    internal const int SO_DOMAIN = 39;
    internal const int SO_COOKIE = 57;

    // include/uapi/linux/sockios.h
    internal const uint SIOCGSKNS = 0x894C;

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
    internal const int INET_DIAG_ULP_INFO = 19;
    internal const int INET_DIAG_CGROUP_ID = 21;

    // include/uapi/linux/unix_diag.h
    internal const uint UDIAG_SHOW_UID = 0x40;
    internal const int UNIX_DIAG_UID = 7;
}
