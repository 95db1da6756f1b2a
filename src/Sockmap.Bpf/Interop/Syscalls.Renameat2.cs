using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>renameat2(2). By number, since not every libc has it.</summary>
    internal static int Rename(string from, string to, uint flags) =>
        (int)Result(RenameNative(Constants.SYS_renameat2, Constants.AT_FDCWD, from, Constants.AT_FDCWD, to, flags));

    [LibraryImport(Libc, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RenameNative(nint number, int fromDirectory, string from, int toDirectory, string to, uint flags);
}
