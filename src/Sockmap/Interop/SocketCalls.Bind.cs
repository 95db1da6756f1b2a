using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>bind(2) to a struct sockaddr.</summary>
    internal static int Bind(SafeHandle socket, ReadOnlySpan<byte> address)
    {
        fixed (byte* pointer = address)
        {
            return Result(BindNative(socket, pointer, address.Length));
        }
    }

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    private static partial int BindNative(SafeHandle socket, byte* address, int length);
}
