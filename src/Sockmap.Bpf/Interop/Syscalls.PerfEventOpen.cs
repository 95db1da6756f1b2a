using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>perf_event_open(2); the size is filled in, and the descriptor is closed on exec.</summary>
    internal static int PerfEventOpen(ref perf_event_attr attr, int process, int cpu)
    {
        attr.size = (uint)Unsafe.SizeOf<perf_event_attr>();
        fixed (perf_event_attr* pointer = &attr)
        {
            int result;
            do
            {
                result = (int)Result(PerfEventOpenNative(Constants.SYS_perf_event_open, pointer, process, cpu, -1, Constants.PERF_FLAG_FD_CLOEXEC));
            }
            while (result == -Errno.EINTR);

            return result;
        }
    }

    [LibraryImport(Libc, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PerfEventOpenNative(nint number, void* attr, int process, int cpu, int group, nuint flags);
}
