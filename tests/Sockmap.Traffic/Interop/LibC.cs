using System.Runtime.InteropServices;

namespace Sockmap.Traffic.Interop;

/// <summary>The C library calls of the raw sockets. Names and constants keep the kernel's spelling (Linux, asm-generic values).</summary>
internal static partial class LibC
{
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int IPPROTO_TCP = 6;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_V6ONLY = 26;
    public const int TCP_NODELAY = 1;
    public const int TCP_DEFER_ACCEPT = 9;
    public const int TCP_INFO = 11;
    public const int TCP_FASTOPEN = 23;
    public const byte TCPI_OPT_SYN_DATA = 32;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_FASTOPEN = 0x20000000;
    public const int SHUT_WR = 1;
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const int O_RDONLY = 0;
    public const int O_CLOEXEC = 0x80000;
    public const int CLONE_NEWNET = 0x40000000;
    public const int EINTR = 4;
    public const int EAGAIN = 11;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(SocketHandle socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int listen(SocketHandle socket, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int accept4(SocketHandle socket, nint address, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(SocketHandle socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockname(SocketHandle socket, Span<byte> address, ref int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getpeername(SocketHandle socket, Span<byte> address, ref int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setsockopt(SocketHandle socket, int level, int name, in int value, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockopt(SocketHandle socket, int level, int name, Span<byte> value, ref int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint send(SocketHandle socket, ReadOnlySpan<byte> buffer, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendto(SocketHandle socket, ReadOnlySpan<byte> buffer, nint length, int flags, ReadOnlySpan<byte> address, int addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(SocketHandle socket, Span<byte> buffer, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int shutdown(SocketHandle socket, int how);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setns(int descriptor, int kind);
}
