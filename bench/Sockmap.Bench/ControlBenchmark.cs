using System.Diagnostics;
using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Cgroups;

namespace Sockmap.Bench;

/// <summary>
/// Install, status and remove, by us (in a session, and as a process of the <c>sockmap</c> command each), and by scripts
/// around bpftool (bench/scripts) with a naive program, compiled before or by clang each time; each round one after the other.
/// </summary>
internal static class ControlBenchmark
{
    public static int Run(string scripts, string naive, string command, int rounds)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}");
        string cgroup = Path.Combine(CgroupHierarchy.FindRoot(), "sockmap-" + name);
        string pins = Path.Combine("/sys/fs/bpf", "sockmap-" + name);
        BypassManager manager = new();
        Dictionary<string, double[][]> times = [];
        long peak = 0;
        Directory.CreateDirectory(cgroup);
        try
        {
            for (int round = 0; round < rounds; round++)
            {
                void Note(string who, int step, double milliseconds)
                {
                    if (!times.TryGetValue(who, out double[][]? of))
                    {
                        times[who] = of = [new double[rounds], new double[rounds], new double[rounds]];
                    }

                    of[step][round] = milliseconds;
                }

                Note("in a session", 0, Time(() => manager.Install(new BypassSettings { Name = name, Cgroup = cgroup })));
                Note("in a session", 1, Time(() => manager.Get(name)));
                Note("in a session", 2, Time(() => manager.Remove(name)));

                string[][] steps = [["install", "--name", name, "--cgroup", cgroup], ["status", name], ["remove", name]];
                for (int step = 0; step < steps.Length; step++)
                {
                    (double elapsed, long used) = MeasuredProcess.Run(command, steps[step]);
                    Note("sockmap, a process each", step, elapsed);
                    peak = Math.Max(peak, used);
                }

                foreach ((string who, string program) in new[] { ("scripts, compiled before", naive + ".o"), ("scripts with clang", naive + ".c") })
                {
                    Note(who, 0, MeasuredProcess.Run(Path.Combine(scripts, "load.sh"), [program, cgroup, pins]).Milliseconds);
                    Note(who, 1, MeasuredProcess.Run(Path.Combine(scripts, "status.sh"), [cgroup, pins]).Milliseconds);
                    Note(who, 2, MeasuredProcess.Run(Path.Combine(scripts, "unload.sh"), [cgroup, pins]).Milliseconds);
                }
            }

            Print(times, rounds, peak);
            return 0;
        }
        finally
        {
            if (Directory.Exists(pins))
            {
                MeasuredProcess.Run(Path.Combine(scripts, "unload.sh"), [cgroup, pins]);
            }

            if (manager.ListNames().Contains(name, StringComparer.Ordinal))
            {
                manager.Remove(name, new RemoveOptions { Force = true });
            }

            Directory.Delete(cgroup);
        }
    }

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void Print(Dictionary<string, double[][]> times, int rounds, long peak)
    {
        double[] reference = [.. times["scripts, compiled before"].Select(Median)];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Control path, ms; medians of {rounds} rounds, each one after the other; in brackets the scripts' time over it"));
        Console.WriteLine($"{string.Empty,-28}{"install",18}{"status",18}{"remove",18}");
        foreach ((string who, double[][] of) in times)
        {
            string[] cells = [.. of.Select((step, i) => string.Create(CultureInfo.InvariantCulture, $"{Median(step):0.0} ({reference[i] / Median(step):0.00}x)"))];
            Console.WriteLine($"{who,-28}{cells[0],18}{cells[1],18}{cells[2],18}");
        }

        string[] steps = ["install", "status", "remove"];
        for (int step = 0; step < steps.Length; step++)
        {
            Ratios.Note($"{steps[step]} in a session, of the scripts' time", Median(times["in a session"][step]) / reference[step], "<= 0.5");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak memory of a sockmap process: {peak / 1024.0:0.0} MiB"));
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
