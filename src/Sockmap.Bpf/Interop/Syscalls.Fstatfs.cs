using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>fstatfs(2): the magic number of the file system, or the negative error number.</summary>
    internal static long FileSystemMagic(int fd)
    {
        byte* memory = stackalloc byte[StatfsRoom];
        int result = Result(FstatfsNative(fd, memory));
        return result < 0 ? result : *(long*)memory;
    }

    [LibraryImport(Libc, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int FstatfsNative(int fd, void* buffer);
}
