using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>setsockopt(2).</summary>
    internal static int SetSocketOption(int socket, int level, int name, ReadOnlySpan<byte> value)
    {
        fixed (byte* pointer = value)
        {
            return Result(SetSocketOptionNative(socket, level, name, pointer, value.Length));
        }
    }

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSocketOptionNative(int socket, int level, int name, byte* value, int length);
}
