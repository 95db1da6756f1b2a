using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>munmap(2).</summary>
    internal static int Munmap(nint address, nuint length) => Result(MunmapNative(address, length));

    [LibraryImport(Libc, EntryPoint = "munmap", SetLastError = true)]
    private static partial int MunmapNative(nint address, nuint length);
}
