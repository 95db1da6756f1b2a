using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>getsockopt(2); gives how many bytes of the buffer are filled.</summary>
    internal static int GetSocketOption(SafeHandle socket, int level, int name, Span<byte> value)
    {
        int length = value.Length;
        fixed (byte* pointer = value)
        {
            int result = Result(GetSocketOptionNative(socket, level, name, pointer, &length));
            return result < 0 ? result : length;
        }
    }

    /// <summary>The same by number.</summary>
    internal static int GetSocketOption(int socket, int level, int name, Span<byte> value)
    {
        int length = value.Length;
        fixed (byte* pointer = value)
        {
            int result = Result(GetSocketOptionNative(socket, level, name, pointer, &length));
            return result < 0 ? result : length;
        }
    }

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSocketOptionNative(int socket, int level, int name, byte* value, int* length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSocketOptionNative(SafeHandle socket, int level, int name, byte* value, int* length);
}
