using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>pread(2). Repeated after EINTR.</summary>
    internal static int Pread(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* pointer = buffer)
        {
            long result;
            do
            {
                result = Result(PreadNative(fd, pointer, (nuint)buffer.Length, offset));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Libc, EntryPoint = "pread", SetLastError = true)]
    private static partial nint PreadNative(int fd, byte* buffer, nuint count, long offset);
}
