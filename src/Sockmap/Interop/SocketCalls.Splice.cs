using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>splice(2) from a socket to a pipe. Whether it waits is up to the socket (O_NONBLOCK), not to the flags.</summary>
    internal static int Splice(SafeHandle socket, SafeHandle pipe, int length, uint flags) =>
        (int)Result(SpliceNative(socket, null, pipe, null, (nuint)length, flags));

    [LibraryImport(Library, EntryPoint = "splice", SetLastError = true)]
    private static partial nint SpliceNative(SafeHandle from, long* fromOffset, SafeHandle to, long* toOffset, nuint length, uint flags);
}
