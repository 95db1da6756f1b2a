using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>close(2). Never repeated: the descriptor is gone even after EINTR.</summary>
    internal static int Close(int descriptor) => Result(CloseNative(descriptor));

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNative(int descriptor);
}
