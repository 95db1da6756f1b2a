using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>mmap(2) of a shared mapping at an address that the kernel chooses.</summary>
    /// <returns>The address, or the negative error number.</returns>
    internal static nint Mmap(int fd, nuint length, int protection, long offset)
    {
        nint address = MmapNative(0, length, protection, Constants.MAP_SHARED, fd, offset);
        return address == -1 ? -Marshal.GetLastPInvokeError() : address;
    }

    [LibraryImport(Libc, EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MmapNative(nint address, nuint length, int protection, int flags, int fd, long offset);
}
