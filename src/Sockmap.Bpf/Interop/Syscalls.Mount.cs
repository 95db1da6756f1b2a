using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>mount(2).</summary>
    internal static int Mount(string source, string target, string fileSystemType, ulong flags, string? data) =>
        Result(MountNative(source, target, fileSystemType, (nuint)flags, data));

    [LibraryImport(Libc, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MountNative(string source, string target, string fileSystemType, nuint flags, string? data);
}
