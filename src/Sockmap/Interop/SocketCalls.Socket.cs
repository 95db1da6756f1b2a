using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>socket(2); SOCK_CLOEXEC is added.</summary>
    internal static int Socket(int family, int type, int protocol) => Result(SocketNative(family, type | SocketConstants.SOCK_CLOEXEC, protocol));

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketNative(int family, int type, int protocol);
}
