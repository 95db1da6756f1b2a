using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>read(2). Repeated after EINTR.</summary>
    internal static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            long result;
            do
            {
                result = Result(ReadNative(fd, pointer, (nuint)buffer.Length));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Libc, EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadNative(int fd, byte* buffer, nuint count);
}
