using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>umount2(2).</summary>
    internal static int Umount(string target, int flags) => Result(UmountNative(target, flags));

    [LibraryImport(Libc, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UmountNative(string target, int flags);
}
