namespace Sockmap.Support.Interop;

/// <summary>Constants of the kernel's headers, with their spelling. x86-64 and arm64 number them alike.</summary>
internal static class LinuxSocket
{
    // include/linux/socket.h
    internal const int MSG_OOB = 0x1;
    internal const int MSG_PEEK = 0x2;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_WAITALL = 0x100;
    internal const int MSG_ERRQUEUE = 0x2000;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_ZEROCOPY = 0x4000000;

    // include/uapi/asm-generic/socket.h
    internal const int SOL_SOCKET = 1;
    internal const int SO_MEMINFO = 55;
    internal const int SO_ZEROCOPY = 60;
    internal const int SO_NETNS_COOKIE = 71;

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

    // include/linux/splice.h
    internal const uint SPLICE_F_NONBLOCK = 2;
}
