using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Sockets.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>send(2), by number, for whoever makes too many sockets to have an object for each. Repeated after EINTR.</summary>
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
    private static partial nint SendNative(int socket, byte* data, nuint length, int flags);
}
