using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>getpeername(2): the address of the other end; gives its length, which may be more than was room for.</summary>
    internal static int GetPeerName(SafeHandle socket, Span<byte> address)
    {
        int length = address.Length;
        fixed (byte* pointer = address)
        {
            int result = Result(GetPeerNameNative(socket, pointer, &length));
            return result < 0 ? result : length;
        }
    }

    [LibraryImport(Library, EntryPoint = "getpeername", SetLastError = true)]
    private static partial int GetPeerNameNative(SafeHandle socket, byte* address, int* length);
}
