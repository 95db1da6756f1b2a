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
        int result;
        do
        {
            result = BpfOnce(command, ref attr);
        }
        while (result == -Errno.EINTR);

        return result;
    }

    /// <summary>bpf(2) without a repetition, for commands that say in the structure how far they came.</summary>
    internal static int BpfOnce<T>(bpf_cmd command, ref T attr)
        where T : unmanaged
    {
        fixed (T* pointer = &attr)
        {
            return (int)Result(BpfNative(Constants.SYS_bpf, (int)command, pointer, (uint)Unsafe.SizeOf<T>()));
        }
    }

    [LibraryImport(Libc, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint BpfNative(nint number, int command, void* attr, uint size);
}
