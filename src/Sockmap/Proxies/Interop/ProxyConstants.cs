namespace Sockmap.Proxies.Interop;

/// <summary>Constants of the kernel's headers, with their spelling, beside those of <see cref="Sockmap.Interop.SocketConstants"/>.</summary>
internal static class ProxyConstants
{
    // include/linux/socket.h
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SHUT_WR = 1;

    // include/uapi/asm-generic/socket.h
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_KEEPALIVE = 9;

    // include/uapi/linux/in6.h
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;

    // include/uapi/linux/sockios.h
    internal const uint SIOCOUTQ = 0x5411;

    // include/uapi/linux/eventpoll.h
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    internal const uint EPOLLIN = 1;
    internal const uint EPOLLOUT = 4;
    internal const uint EPOLLERR = 8;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;

    // include/uapi/linux/eventfd.h
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    // include/uapi/linux/bpf.h
    internal const uint BPF_F_MMAPABLE = 1 << 10;
}
