using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>pidfd_open(2); the descriptor is closed on exec.</summary>
    internal static int PidfdOpen(int processId) => (int)Result(PidfdOpenNative(SocketConstants.SYS_pidfd_open, processId, 0));

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidfdOpenNative(nint number, nint processId, nint flags);
}
