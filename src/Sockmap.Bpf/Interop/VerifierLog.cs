using System.Text;

namespace Sockmap.Bpf.Interop;

/// <summary>Repeats a load with a log buffer that grows until the kernel's log fits.</summary>
internal static class VerifierLog
{
    private const int FirstSize = 64 * 1024;
    private const int LargestSize = 16 * 1024 * 1024;

    /// <summary>A load that writes its log into the buffer; gives a descriptor or the negative error number.</summary>
    internal delegate int Attempt(Span<byte> log);

    /// <summary>
    /// Loads with a log. ENOSPC says that the log did not fit. The last lines are what matters:
    /// kernels since 6.4 keep the end of a log that is too long, older ones its start.
    /// </summary>
    /// <returns>The last result and its log.</returns>
    internal static (int Result, string Log) Collect(Attempt attempt)
    {
        for (int size = FirstSize; ; size *= 4)
        {
            byte[] buffer = new byte[size];
            int result = attempt(buffer);
            if (result == -Errno.ENOSPC && size < LargestSize)
            {
                continue;
            }

            int end = Array.IndexOf(buffer, (byte)0);
            return (result, Encoding.UTF8.GetString(buffer, 0, end < 0 ? buffer.Length : end));
        }
    }
}
