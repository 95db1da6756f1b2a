using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>ioctl(2) FIONREAD: how many bytes can be read. Socket.Available is the same call, but hides its error.</summary>
    internal static int QueuedBytes(SafeSocketHandle socket)
    {
        int bytes = 0;
        int result = Result(IoctlNative(socket, SocketConstants.FIONREAD, &bytes));
        return result < 0 ? result : bytes;
    }

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(SafeSocketHandle socket, nuint request, int* argument);
}
