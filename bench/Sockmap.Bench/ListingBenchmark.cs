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

    /// <summary>One look at everything, as a process of its own.</summary>
    public static int List()
    {
        (int maps, int programs) = Look();
        Console.WriteLine($"{maps} maps, {programs} programs");
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

            Measure(rounds);
            return 0;
        }
        finally
        {
            objects.ForEach(static item => item.Dispose());
        }
    }

    private static (int Maps, int Programs) Look()
    {
        BpfInventory inventory = new();
        return (inventory.Maps().Count(), inventory.Programs().Count());
    }

    private static void Measure(int rounds)
    {
        double[] inside = new double[rounds];
        double[] own = new double[rounds];
        double[] tool = new double[rounds];
        long ownPeak = 0;
        long toolPeak = 0;
        long allocated = 0;
        (int Maps, int Programs) count = default;
        for (int i = 0; i < rounds; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            count = Look();
            inside[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            (double mapTime, long mapPeak) = MeasuredProcess.Run("bpftool", ["-j", "map", "show"]);
            (double programTime, long programPeak) = MeasuredProcess.Run("bpftool", ["-j", "prog", "show"]);
            tool[i] = mapTime + programTime;
            toolPeak = Math.Max(mapPeak, programPeak);
            (own[i], ownPeak) = MeasuredProcess.Run(Environment.ProcessPath!, ["list"]);
        }

        Array.Sort(tool);
        double first = inside[0];
        Array.Sort(inside);
        Array.Sort(own);
        int middle = rounds / 2;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count.Maps} maps and {count.Programs} programs, with pins and processes; medians of {rounds} rounds, each one after the other"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bpftool -j, map and prog:   {tool[middle],7:0.0} ms, peak {toolPeak / 1024.0:0.0} MiB; without pins and processes"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours, in a session:         {inside[middle],7:0.0} ms, {allocated / 1048576.0:0.0} MiB allocated; {tool[middle] / inside[middle]:0.00}x faster"));
        Ratios.Note("maps and programs listed in a session, of bpftool -j's time", inside[middle] / tool[middle], "<= 1");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours, first in a session:   {first,7:0.0} ms; {tool[middle] / first:0.00}x"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours, a process of its own: {own[middle],7:0.0} ms, peak {ownPeak / 1024.0:0.0} MiB; {tool[middle] / own[middle]:0.00}x"));
    }
}
