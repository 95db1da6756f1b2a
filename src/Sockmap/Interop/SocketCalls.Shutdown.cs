using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>shutdown(2).</summary>
    internal static int Shutdown(SafeHandle socket, int how) => Result(ShutdownNative(socket, how));

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    private static partial int ShutdownNative(SafeHandle socket, int how);
}
