using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>connect(2) to a struct sockaddr. Not repeated: after EINTR the connection goes on being made.</summary>
    internal static int Connect(int socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* pointer = address)
        {
            return Result(ConnectNative(socket, pointer, address.Length));
        }
    }

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    private static partial int ConnectNative(int socket, byte* address, int length);
}
