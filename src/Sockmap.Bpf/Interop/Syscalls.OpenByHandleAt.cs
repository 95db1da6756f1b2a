using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>open_by_handle_at(2); O_CLOEXEC is added. Needs CAP_DAC_READ_SEARCH.</summary>
    internal static int OpenByHandle(int mount, ref kernfs_file_handle handle, int flags)
    {
        fixed (kernfs_file_handle* pointer = &handle)
        {
            return Result(OpenByHandleNative(mount, pointer, flags | Constants.O_CLOEXEC));
        }
    }

    [LibraryImport(Libc, EntryPoint = "open_by_handle_at", SetLastError = true)]
    private static partial int OpenByHandleNative(int mount, void* handle, int flags);
}
