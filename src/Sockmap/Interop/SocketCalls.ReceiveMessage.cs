using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>recvmsg(2): receives a message with control data. Repeated after EINTR.</summary>
    internal static int ReceiveMessage(SafeHandle socket, msghdr* message, int flags)
    {
        long result;
        do
        {
            result = Result(ReceiveMessageNative(socket, message, flags));
        }
        while (result == -Errno.EINTR);

        return (int)result;
    }

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessageNative(SafeHandle socket, msghdr* message, int flags);
}
