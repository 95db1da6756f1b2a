using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>epoll_create1(2), closed on exec; invalid where it failed.</summary>
    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial SafeFileHandle EpollCreate(int flags);
}
