using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>open(2) of something that exists; O_CLOEXEC is added. Repeated after EINTR.</summary>
    internal static int Open(string path, int flags)
    {
        int result;
        do
        {
            result = Result(OpenNative(path, flags | Constants.O_CLOEXEC));
        }
        while (result == -Errno.EINTR);

        return result;
    }

    [LibraryImport(Libc, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags);
}
