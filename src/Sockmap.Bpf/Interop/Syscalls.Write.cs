using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>write(2). Repeated after EINTR.</summary>
    internal static int Write(int fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            long result;
            do
            {
                result = Result(WriteNative(fd, pointer, (nuint)buffer.Length));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Libc, EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteNative(int fd, byte* buffer, nuint count);
}
