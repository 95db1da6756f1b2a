using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>
/// The system calls, one file each. Every one returns its result, or the negative error number:
/// callers never read errno, so no other call can come in between.
/// </summary>
internal static unsafe partial class Syscalls
{
    private const string Libc = "libc";

    private static int Result(int value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();

    private static long Result(nint value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();
}
