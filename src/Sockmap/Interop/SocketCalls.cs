using System.Runtime.InteropServices;

namespace Sockmap.Interop;

/// <summary>
/// System calls on sockets that others may share, one a file. Every one returns its result, or the negative error number.
/// </summary>
internal static unsafe partial class SocketCalls
{
    private const string Library = "libc";

    private static int Result(int value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();

    private static long Result(nint value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();
}
