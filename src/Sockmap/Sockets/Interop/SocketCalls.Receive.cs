using System.Runtime.InteropServices;
using Sockmap.Bpf;

namespace Sockmap.Sockets.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>recv(2), by number, for whoever makes too many sockets to have an object for each. Repeated after EINTR.</summary>
    internal static int Receive(int socket, Span<byte> buffer, int flags)
    {
        fixed (byte* pointer = buffer)
        {
            long result;
            do
            {
                result = Result(ReceiveNative(socket, pointer, (nuint)buffer.Length, flags));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveNative(int socket, byte* buffer, nuint length, int flags);
}
