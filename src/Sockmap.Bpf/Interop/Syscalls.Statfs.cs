using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    // struct statfs has 120 bytes on x86-64 and arm64 and begins with a 64-bit f_type.
    private const int StatfsRoom = 256;

    /// <summary>statfs(2): the magic number of the file system, or the negative error number.</summary>
    internal static long FileSystemMagic(string path)
    {
        byte* memory = stackalloc byte[StatfsRoom];
        int result = Result(StatfsNative(path, memory));
        return result < 0 ? result : *(long*)memory;
    }

    [LibraryImport(Libc, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatfsNative(string path, void* buffer);
}
