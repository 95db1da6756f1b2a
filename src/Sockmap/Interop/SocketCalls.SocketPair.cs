using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>socketpair(2) of UNIX sockets; SOCK_CLOEXEC is added.</summary>
    internal static int SocketPair(int type, out int one, out int other)
    {
        int* pair = stackalloc int[2];
        int result = Result(SocketPairNative(SocketConstants.AF_UNIX, type | SocketConstants.SOCK_CLOEXEC, 0, pair));
        (one, other) = result < 0 ? (-1, -1) : (pair[0], pair[1]);
        return result;
    }

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPairNative(int family, int type, int protocol, int* sockets);
}
