using System.Diagnostics;
using System.Globalization;

namespace Sockmap.Bench;

/// <summary>A process whose output nobody looks at, and what it took.</summary>
internal static class MeasuredProcess
{
    /// <summary>Wall time from start to end, and peak resident memory in KiB, of a process whose output nobody looks at.</summary>
    public static (double Milliseconds, long PeakKilobytes) Run(string name, string[] arguments)
    {
        string report = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new("/usr/bin/time", ["-f", "%e %M", "-o", report, "sh", "-c", "exec \"$@\" >/dev/null", "sh", name, .. arguments]);
            long begin = Stopwatch.GetTimestamp();
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            double elapsed = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            string last = File.ReadAllLines(report)[^1];
            return process.ExitCode == 0
                ? (elapsed, long.Parse(last.Split(' ')[1], CultureInfo.InvariantCulture))
                : throw new InvalidOperationException($"{name} ended with {process.ExitCode}: {last}");
        }
        finally
        {
            File.Delete(report);
        }
    }
}
