using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>pidfd_getfd(2): a copy, closed on exec, of another process's descriptor.</summary>
    internal static int PidfdGetfd(SafeHandle pidfd, int descriptor) =>
        (int)Result(PidfdGetfdNative(SocketConstants.SYS_pidfd_getfd, pidfd, descriptor, 0));

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidfdGetfdNative(nint number, SafeHandle pidfd, nint descriptor, nint flags);
}
