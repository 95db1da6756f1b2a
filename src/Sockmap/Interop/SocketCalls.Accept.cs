using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>accept4(2): the descriptor of the next connection, closed on exec. Repeated after EINTR.</summary>
    internal static int Accept(SafeHandle listener)
    {
        int result;
        do
        {
            result = Result(AcceptNative(listener, null, null, SocketConstants.SOCK_CLOEXEC));
        }
        while (result == -Errno.EINTR);

        return result;
    }

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    private static partial int AcceptNative(SafeHandle socket, byte* address, int* length, int flags);
}
