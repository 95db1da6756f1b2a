using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>epoll_wait(2) for one event; 0 when the time is over.</summary>
    internal static int EpollWait(SafeFileHandle epoll, int milliseconds)
    {
        byte* memory = stackalloc byte[EpollEventRoom];
        return Result(EpollWaitNative(epoll, memory, 1, milliseconds));
    }

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWaitNative(SafeFileHandle epoll, void* events, int count, int milliseconds);
}
