using System.Runtime.InteropServices;

namespace Sockmap.TestKit.Interop;

/// <summary>The C library calls of the kit. Names and constants keep the kernel's spelling (Linux, asm-generic values).</summary>
internal static partial class LibC
{
    public const int CLONE_NEWNET = 0x40000000;
    public const int O_CLOEXEC = 0x80000;
    public const int MS_BIND = 4096;
    public const int MNT_DETACH = 2;
    public const int AF_PACKET = 17;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_ATTACH_FILTER = 26;
    public const int SO_RCVBUFFORCE = 33;
    public const int SOL_PACKET = 263;
    public const int PACKET_STATISTICS = 6;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int ETH_P_ALL = 3;
    public const int PACKET_OUTGOING = 4;
    public const int ARPHRD_LOOPBACK = 772;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOENT = 2;
    public const int BPF_MAP_CREATE = 0;
    public const int BPF_PROG_LOAD = 5;
    public const byte BPF_MAP_TYPE_ARRAY = 2;
    public const byte BPF_PROG_TYPE_SOCKET_FILTER = 1;
    public const int BPF_PROG_GET_NEXT_ID = 11;
    public const int BPF_MAP_GET_NEXT_ID = 12;
    public const int BPF_PROG_GET_FD_BY_ID = 13;
    public const int BPF_MAP_GET_FD_BY_ID = 14;
    public const int BPF_OBJ_GET_INFO_BY_FD = 15;
    public const int BPF_LINK_GET_FD_BY_ID = 30;
    public const int BPF_LINK_GET_NEXT_ID = 31;

    /// <summary>The number of bpf(2), which has no function in the C library.</summary>
    public static readonly int SYS_bpf = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 321 : 280;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setns(int descriptor, int kind);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mount(string source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int umount2(string target, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(int socket, ref sockaddr_ll address, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(int socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int listen(int socket, int backlog);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint if_nametoindex(string name);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int setsockopt(int socket, int level, int name, void* value, int length);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int getsockopt(int socket, int level, int name, void* value, ref int length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvfrom(int socket, Span<byte> buffer, nint length, int flags, ref sockaddr_ll address, ref int addressLength);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial nint syscall(nint number, nint command, void* attributes, nint size);
}
