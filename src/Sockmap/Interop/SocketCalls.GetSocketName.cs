using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>getsockname(2): the address of this end; gives its length, which may be more than was room for.</summary>
    internal static int GetSocketName(SafeHandle socket, Span<byte> address)
    {
        int length = address.Length;
        fixed (byte* pointer = address)
        {
            int result = Result(GetSocketNameNative(socket, pointer, &length));
            return result < 0 ? result : length;
        }
    }

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    private static partial int GetSocketNameNative(SafeHandle socket, byte* address, int* length);
}
