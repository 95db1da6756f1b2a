using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>recv(2), with the flags that SocketFlags does not know. Repeated after EINTR.</summary>
    internal static int Recv(SafeHandle socket, Span<byte> buffer, int flags)
    {
        fixed (byte* pointer = buffer)
        {
            long result;
            do
            {
                result = Result(RecvNative(socket, pointer, (nuint)buffer.Length, flags));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    /// <summary>The same by number, for whoever makes too many sockets to have an object for each.</summary>
    internal static int Recv(int socket, Span<byte> buffer, int flags)
    {
        fixed (byte* pointer = buffer)
        {
            long result;
            do
            {
                result = Result(RecvNative(socket, pointer, (nuint)buffer.Length, flags));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    private static partial nint RecvNative(SafeHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    private static partial nint RecvNative(int socket, byte* buffer, nuint length, int flags);
}
