using System.Diagnostics;
using System.Globalization;
using Sockmap.Bpf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bench;

/// <summary>Many maps and programs listed by us, in this process and in one of its own, and by <c>bpftool -j</c>; each round one after the other.</summary>
internal static class ListingBenchmark
{
    // r0 = 0; exit
    private static readonly byte[] Instructions = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];

    public static int Count(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    public static int Prof()
    {
        for (int i = 0; i < 4; i++)
        {
            long start = Stopwatch.GetTimestamp();
            var k = Sockmap.Bpf.Btf.BtfSpec.LoadKernel();
            double a = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            k.TryFind("bpf_iter_task_file", Sockmap.Bpf.Btf.BtfKind.Function, out _);
            double b = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            int n = new BpfInventory(new() { FindPins = false }).Programs().Count();
            double c = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            n = new BpfInventory(new() { FindHolders = false }).Programs().Count();
            double d = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            n = new BpfInventory(new() { FindHolders = false, FindPins = false }).Programs().Count();
            double e = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Console.WriteLine($"kernel {a:0.0} index {b:0.0} holders {c:0.0} pins {d:0.0} plain {e:0.0}");
        }

        return 0;
    }

    /// <summary>One listing, as a process of its own.</summary>
    public static int List(bool maps)
    {
        BpfInventory inventory = new();
        Console.WriteLine(maps ? inventory.Maps().Count() : inventory.Programs().Count());
        return 0;
    }

    public static int Run(int maps, int programs, int rounds)
    {
        List<IDisposable> objects = [];
        try
        {
            for (int i = 0; i < maps; i++)
            {
                objects.Add(BpfMap.Create(new() { Name = "bench_map", Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 }));
            }

            for (int i = 0; i < programs; i++)
            {
                objects.Add(BpfProgram.Load(new() { Name = "bench_prog", Type = BpfProgramType.SocketFilter, Instructions = Instructions }));
            }

            Console.WriteLine($"{maps} maps and {programs} programs; wall time in ms, best of {rounds} rounds; peak memory in MiB");
            Measure("maps", rounds, true, "map");
            Measure("programs", rounds, false, "prog");
            return 0;
        }
        finally
        {
            objects.ForEach(static item => item.Dispose());
        }
    }

    private static void Measure(string what, int rounds, bool maps, string word)
    {
        double[] inside = new double[rounds];
        double[] own = new double[rounds];
        double[] tool = new double[rounds];
        long ownPeak = 0;
        long toolPeak = 0;
        long allocated = 0;
        int count = 0;
        for (int i = 0; i < rounds; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            BpfInventory inventory = new();
            count = maps ? inventory.Maps().Count() : inventory.Programs().Count();
            inside[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            (tool[i], toolPeak) = RunProcess("bpftool", ["-j", word, "show"]);
            (own[i], ownPeak) = RunProcess(Environment.ProcessPath!, ["list", what]);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {count} listed; bpftool -j {tool.Min():0.0} ({toolPeak / 1024.0:0.0} MiB); in a session, first time {inside[0]:0.0}, later {inside.Min():0.0} ({allocated / 1048576.0:0.0} MiB allocated); as a process {own.Min():0.0} ({ownPeak / 1024.0:0.0} MiB)"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: bpftool / ours: {tool.Min() / inside[0]:0.00} first, {tool.Min() / inside.Min():0.00} later, {tool.Min() / own.Min():0.00} as a process"));
    }

    /// <summary>Wall time from start to end, and peak resident memory in KiB, of a process whose output nobody looks at.</summary>
    private static (double Milliseconds, long PeakKilobytes) RunProcess(string name, string[] arguments)
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
