using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>name_to_handle_at(2) of an open descriptor (AT_EMPTY_PATH).</summary>
    internal static int NameToHandle(int fd, ref kernfs_file_handle handle)
    {
        int mount;
        fixed (kernfs_file_handle* pointer = &handle)
        {
            return Result(NameToHandleNative(fd, "", pointer, &mount, Constants.AT_EMPTY_PATH));
        }
    }

    [LibraryImport(Libc, EntryPoint = "name_to_handle_at", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NameToHandleNative(int directory, string path, void* handle, int* mount, int flags);
}
