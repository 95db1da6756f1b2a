using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>listen(2).</summary>
    internal static int Listen(SafeHandle socket, int backlog) => Result(ListenNative(socket, backlog));

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    private static partial int ListenNative(SafeHandle socket, int backlog);
}
