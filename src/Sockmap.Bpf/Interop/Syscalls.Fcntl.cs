using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>fcntl(2) with F_DUPFD_CLOEXEC: a copy of the descriptor that is at least <paramref name="minimum"/>.</summary>
    internal static int DuplicateDescriptor(int fd, int minimum) => Result(FcntlNative(fd, Constants.F_DUPFD_CLOEXEC, minimum));

    [LibraryImport(Libc, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNative(int fd, int command, int argument);
}
