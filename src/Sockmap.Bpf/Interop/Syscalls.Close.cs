using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>close(2). Never repeated: the descriptor is gone even after EINTR.</summary>
    internal static int Close(int fd) => Result(CloseNative(fd));

    [LibraryImport(Libc, EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNative(int fd);
}
