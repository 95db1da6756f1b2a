using System.Globalization;

namespace Sockmap.TestKit.Observation;

/// <summary>Memory of the whole machine's kernel, in bytes, at one moment. Other processes move it too: compare large differences only.</summary>
public sealed record KernelMemory
{
    private const string Meminfo = "/proc/meminfo";

    /// <summary>What TCP accounts for its queues (/proc/net/sockstat, all namespaces). Redirected messages are not in it.</summary>
    public long TcpBytes { get; private init; }

    /// <summary>Slab, which holds small messages' bookkeeping.</summary>
    public long SlabBytes { get; private init; }

    /// <summary>MemAvailable.</summary>
    public long AvailableBytes { get; private init; }

    /// <summary>
    /// Pages that no line of /proc/meminfo claims: neither free, cached, user space's, slab, nor page tables, kernel stacks,
    /// vmalloc and per-CPU. The data of socket queues, TCP's and redirected, is here: with plain TCP it follows
    /// <see cref="TcpBytes"/> to about a megabyte.
    /// </summary>
    public long UnclaimedBytes { get; private init; }

    /// <summary>Slab and unclaimed pages: all that queues of any kind can be made of.</summary>
    public long QueueBytes => SlabBytes + UnclaimedBytes;

    public static KernelMemory Read()
    {
        var info = File.ReadLines(Meminfo)
            .Select(l => l.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(f => f[0], f => long.Parse(f[1], CultureInfo.InvariantCulture) * (f.Length > 2 ? 1024 : 1), StringComparer.Ordinal);
        string[] claimed = ["MemFree", "Buffers", "Cached", "AnonPages", "Slab", "PageTables", "KernelStack", "VmallocUsed", "Percpu", "SwapCached"];
        return new KernelMemory
        {
            TcpBytes = TcpPages() * Environment.SystemPageSize,
            SlabBytes = info["Slab"],
            AvailableBytes = info["MemAvailable"],
            UnclaimedBytes = info["MemTotal"] - claimed.Sum(c => info.GetValueOrDefault(c)) - (PagesOnProcessorLists() * Environment.SystemPageSize),
        };
    }

    // Free pages that the processors keep at hand: tens of megabytes that MemFree leaves out.
    private static long PagesOnProcessorLists() => File.ReadLines("/proc/zoneinfo")
        .Select(l => l.Trim())
        .Where(l => l.StartsWith("count:", StringComparison.Ordinal))
        .Sum(l => long.Parse(l.AsSpan("count:".Length).Trim(), CultureInfo.InvariantCulture));

    private static long TcpPages()
    {
        // TCP: inuse 5 orphan 0 tw 0 alloc 7 mem 1
        string[] fields = File.ReadLines("/proc/net/sockstat").First(l => l.StartsWith("TCP:", StringComparison.Ordinal)).Split(' ');
        return long.Parse(fields[Array.IndexOf(fields, "mem") + 1], CultureInfo.InvariantCulture);
    }
}
