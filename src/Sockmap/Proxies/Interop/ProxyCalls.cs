using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sockmap.Bpf;
using Sockmap.Interop;

namespace Sockmap.Proxies.Interop;

/// <summary>
/// System calls on sockets by number, as a proxy has too many for an object each. Every one returns its result, or the
/// negative error number.
/// </summary>
internal static unsafe partial class ProxyCalls
{
    private const string Library = "libc";

    internal static int Result(int value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();

    /// <exception cref="BpfException">It was an error number.</exception>
    internal static int Check(int result, string operation) => result >= 0 ? result : throw new BpfException(operation, -result);

    /// <summary>accept4(2): the next connection, not blocking and closed on exec. Repeated after EINTR.</summary>
    internal static int Accept(int listener)
    {
        int result;
        do
        {
            result = Result(AcceptNative(listener, null, null, SocketConstants.SOCK_CLOEXEC | SocketConstants.SOCK_NONBLOCK));
        }
        while (result == -Errno.EINTR);

        return result;
    }

    /// <summary>shutdown(2).</summary>
    internal static int Shutdown(int socket, int how) => Result(ShutdownNative(socket, how));

    /// <summary>ioctl(2) SIOCOUTQ: bytes sent that the other end has not acknowledged.</summary>
    internal static int UnacknowledgedBytes(int socket)
    {
        int bytes = 0;
        int result = Result(IoctlNative(socket, SocketConstants.SIOCOUTQ, &bytes));
        return result < 0 ? result : bytes;
    }

    /// <summary>
    /// Whether a third of the send buffer is free. Where it is not, an edge-triggered epoll tells once it is: asking has the
    /// kernel remember that somebody waits (tcp_poll in net/ipv4/tcp.c).
    /// </summary>
    internal static bool IsWritable(int socket)
    {
        // struct pollfd: the descriptor, the events asked for, and those that are.
        long poll = (uint)socket | ((long)SocketConstants.EPOLLOUT << 32);
        return Result(PollNative(&poll, 1, 0)) > 0;
    }

    /// <summary>eventfd(2) that starts at 0, does not block and is closed on exec.</summary>
    internal static int Eventfd() => Result(EventfdNative(0, SocketConstants.EFD_CLOEXEC | SocketConstants.EFD_NONBLOCK));

    /// <summary>setsid(2).</summary>
    internal static int NewSession() => Result(NewSessionNative());

    /// <summary>write(2) of 1 to an eventfd. It cannot fail but with EAGAIN, when it is set for sure.</summary>
    internal static void Signal(SafeHandle eventfd)
    {
        ulong one = 1;
        _ = WriteNative(eventfd, &one, sizeof(ulong));
    }

    /// <summary>Sets an option that is a number.</summary>
    internal static int SetOption(int socket, int level, int name, int value) =>
        SocketCalls.SetSocketOption(socket, level, name, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    /// <summary>The error that a socket met (SO_ERROR), 0 for none; reading it clears it.</summary>
    internal static int PendingError(int socket)
    {
        int error = 0;
        int result = SocketCalls.GetSocketOption(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_ERROR, MemoryMarshal.AsBytes(new Span<int>(ref error)));
        return result < 0 ? -result : error;
    }

    /// <summary>Has close(2) send a reset in place of a FIN, and throw away what was not sent yet.</summary>
    internal static void ResetOnClose(int socket)
    {
        // struct linger: on, 0 seconds.
        ReadOnlySpan<int> linger = [1, 0];
        _ = SocketCalls.SetSocketOption(socket, SocketConstants.SOL_SOCKET, SocketConstants.SO_LINGER, MemoryMarshal.AsBytes(linger));
    }

    /// <summary>
    /// How many bytes were ever given to a TCP socket to send; the last 32 bits of it. The FIN counts.
    /// </summary>
    internal static uint WrittenBytes(int socket)
    {
        // Acknowledged bytes go from one number to the other: where they did meanwhile, look again.
        for (ulong acknowledged = AcknowledgedBytes(socket); ;)
        {
            int waiting = Check(UnacknowledgedBytes(socket), "Asking a socket for unacknowledged bytes");
            ulong again = AcknowledgedBytes(socket);
            if (again == acknowledged)
            {
                return (uint)acknowledged + (uint)waiting;
            }

            acknowledged = again;
        }
    }

    [SkipLocalsInit]
    private static ulong AcknowledgedBytes(int socket)
    {
        // struct tcp_info (include/uapi/linux/tcp.h): tcpi_bytes_acked, since 4.1.
        const int Offset = 120;
        Span<byte> info = stackalloc byte[Offset + sizeof(ulong)];
        Check(SocketCalls.GetSocketOption(socket, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_INFO, info), "Asking a socket for TCP_INFO");
        return MemoryMarshal.Read<ulong>(info[Offset..]);
    }

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    private static partial int AcceptNative(int socket, byte* address, int* length, int flags);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    private static partial int ShutdownNative(int socket, int how);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(int socket, nuint request, int* argument);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static partial int PollNative(void* descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventfdNative(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "setsid", SetLastError = true)]
    private static partial int NewSessionNative();

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteNative(SafeHandle descriptor, void* buffer, nuint length);
}
