using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>clock_gettime(2), in nanoseconds.</summary>
    internal static long ClockGettime(int clock)
    {
        Timespec time;
        int result = Result(ClockGettimeNative(clock, &time));
        return result < 0
            ? throw new BpfException($"Reading clock {clock}", -result)
            : (time.Seconds * 1_000_000_000L) + time.Nanoseconds;
    }

    [LibraryImport(Libc, EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGettimeNative(int clock, Timespec* time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
