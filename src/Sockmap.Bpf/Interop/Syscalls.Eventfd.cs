using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>eventfd(2) that starts at 0, does not block and is closed on exec.</summary>
    internal static int Eventfd() => Result(EventfdNative(0, Constants.EFD_CLOEXEC | Constants.EFD_NONBLOCK));

    [LibraryImport(Libc, EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventfdNative(uint initial, int flags);
}
