using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    // struct epoll_event is packed on x86-64 (12 bytes) and not elsewhere (16); only its first member is used here.
    private const int EpollEventRoom = 16;

    /// <summary>epoll_ctl(2) EPOLL_CTL_ADD: waits for events of one more socket.</summary>
    internal static int EpollAdd(SafeFileHandle epoll, SafeSocketHandle socket, uint events)
    {
        byte* memory = stackalloc byte[EpollEventRoom];
        new Span<byte>(memory, EpollEventRoom).Clear();
        *(uint*)memory = events;
        return Result(EpollControlNative(epoll, SocketConstants.EPOLL_CTL_ADD, socket, memory));
    }

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControlNative(SafeFileHandle epoll, int operation, SafeSocketHandle socket, void* epollEvent);
}
