using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>
    /// bpf(2). A structure longer than the kernel's union is fine as long as the bytes that the kernel does not know are zero.
    /// The call is repeated after EINTR.
    /// </summary>
    internal static int Bpf<T>(bpf_cmd command, ref T attr)
        where T : unmanaged
    {
        fixed (T* pointer = &attr)
        {
            long result;
            do
            {
                result = Result(BpfNative(Constants.SYS_bpf, (int)command, pointer, (uint)Unsafe.SizeOf<T>()));
            }
            while (result == -Errno.EINTR);

            return (int)result;
        }
    }

    [LibraryImport(Libc, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint BpfNative(nint number, int command, void* attr, uint size);
}
