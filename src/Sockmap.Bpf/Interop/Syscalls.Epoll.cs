using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    // struct epoll_event is packed on x86-64 (12 bytes) and not elsewhere (16); only its first member is used here.
    private const int EpollEventRoom = 16;

    /// <summary>epoll_create1(2), closed on exec.</summary>
    internal static int EpollCreate() => Result(EpollCreateNative(Constants.EPOLL_CLOEXEC));

    /// <summary>epoll_ctl(2): waits for input on one more descriptor.</summary>
    internal static int EpollAddInput(int epoll, int fd)
    {
        byte* memory = stackalloc byte[EpollEventRoom];
        new Span<byte>(memory, EpollEventRoom).Clear();
        *(uint*)memory = Constants.EPOLLIN;
        return Result(EpollControlNative(epoll, Constants.EPOLL_CTL_ADD, fd, memory));
    }

    /// <summary>epoll_wait(2) for one event; 0 when the time is over. Not repeated after EINTR, since time has passed.</summary>
    internal static int EpollWait(int epoll, int milliseconds)
    {
        byte* memory = stackalloc byte[EpollEventRoom];
        return Result(EpollWaitNative(epoll, memory, 1, milliseconds));
    }

    [LibraryImport(Libc, EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreateNative(int flags);

    [LibraryImport(Libc, EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControlNative(int epoll, int operation, int fd, void* epollEvent);

    [LibraryImport(Libc, EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWaitNative(int epoll, void* events, int count, int milliseconds);
}
