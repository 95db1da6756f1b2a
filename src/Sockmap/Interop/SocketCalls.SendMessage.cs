using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>sendmsg(2): sends a message with control data. Repeated after EINTR.</summary>
    internal static int SendMessage(SafeHandle socket, msghdr* message, int flags)
    {
        long result;
        do
        {
            result = Result(SendMessageNative(socket, message, flags));
        }
        while (result == -Errno.EINTR);

        return (int)result;
    }

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessageNative(SafeHandle socket, msghdr* message, int flags);
}
