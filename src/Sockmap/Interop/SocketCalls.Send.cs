using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>send(2), with the flags that SocketFlags does not know. Repeated after EINTR.</summary>
    internal static int Send(SafeHandle socket, ReadOnlySpan<byte> data, int flags)
    {
        fixed (byte* pointer = data)
        {
            long result;
            do
            {
                result = Result(SendNative(socket, pointer, (nuint)data.Length, flags));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    /// <summary>The same by number, for whoever makes too many sockets to have an object for each.</summary>
    internal static int Send(int socket, ReadOnlySpan<byte> data, int flags)
    {
        fixed (byte* pointer = data)
        {
            long result;
            do
            {
                result = Result(SendNative(socket, pointer, (nuint)data.Length, flags));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    private static partial nint SendNative(SafeHandle socket, byte* data, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    private static partial nint SendNative(int socket, byte* data, nuint length, int flags);
}
