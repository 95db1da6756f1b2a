using System.Runtime.InteropServices;

namespace Sockmap.Support.Interop;

/// <summary>
/// What .NET's sockets cannot do, one function a file. Every one returns its result, or the negative error number.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    private static int Result(int value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();

    private static long Result(nint value) => value >= 0 ? value : -Marshal.GetLastPInvokeError();
}
