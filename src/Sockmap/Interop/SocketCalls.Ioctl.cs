using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>ioctl(2) FIONREAD: how many bytes can be read. Socket.Available is the same call, but hides its error.</summary>
    internal static int QueuedBytes(SafeHandle socket)
    {
        int bytes = 0;
        int result = Result(IoctlNative(socket, SocketConstants.FIONREAD, &bytes));
        return result < 0 ? result : bytes;
    }

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(SafeHandle socket, nuint request, int* argument);
}
