using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>readlink(2); gives how many bytes of the buffer are filled, with no zero at the end.</summary>
    internal static int ReadLink(string path, Span<byte> target)
    {
        fixed (byte* pointer = target)
        {
            return (int)Result(ReadLinkNative(path, pointer, (nuint)target.Length));
        }
    }

    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLinkNative(string path, byte* target, nuint length);
}
