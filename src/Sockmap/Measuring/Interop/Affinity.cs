using System.Numerics;
using System.Runtime.InteropServices;

namespace Sockmap.Measuring.Interop;

/// <summary>The CPUs of a thread.</summary>
internal static unsafe partial class Affinity
{
    // As many as cpu_set_t of the C library has.
    private const int MaxCpus = 1024;

    /// <summary>
    /// sched_setaffinity(2): binds this thread, and those that it starts from now on, to one CPU. Gives 0 or the negative
    /// error number.
    /// </summary>
    internal static int Set(int cpu)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)cpu, (uint)MaxCpus, nameof(cpu));

        // An array of unsigned long, little-endian bits.
        int bits = nint.Size * 8;
        nuint* mask = stackalloc nuint[MaxCpus / bits];
        new Span<nuint>(mask, MaxCpus / bits).Clear();
        mask[cpu / bits] = BitOperations.RotateLeft((nuint)1, cpu % bits);
        return SetNative(0, MaxCpus / 8, mask) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetNative(int thread, nuint size, nuint* mask);
}
