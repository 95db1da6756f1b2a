using System.Runtime.InteropServices;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses.Layout;

namespace Sockmap.Bypasses;

/// <summary>The counters of a bypass, each group's summed over the CPUs, as they were when this was read.</summary>
internal sealed class CounterTable
{
    /// <summary>GROUP_NONE and GROUP_OTHER of bpf/bypass.h: sockets that were not taken in, and those for whom no group was left.</summary>
    private static readonly uint[] Unnamed = [0, 1];

    private readonly IReadOnlyList<CounterGroup> _groups;

    private CounterTable(IReadOnlyList<CounterGroup> groups) => _groups = groups;

    /// <summary>The groups; those that are of no cgroup and port first.</summary>
    public IReadOnlyList<CounterGroup> Groups => _groups;

    /// <summary>Nothing was counted.</summary>
    public static CounterTable Empty { get; } = new([]);

    /// <summary>A counter's sum over the groups.</summary>
    public ulong this[BypassCounter counter]
    {
        get
        {
            ulong sum = 0;
            foreach (CounterGroup group in _groups)
            {
                sum += group[counter];
            }

            return sum;
        }
    }

    /// <summary>Reads the maps <c>counters</c> and <c>groups</c>.</summary>
    public static CounterTable Read(BpfMap counters, BpfMap groups)
    {
        List<CounterGroup> read = [.. Unnamed.Select(index => new CounterGroup(null, ReadSums(counters, index)))];
        foreach (MapEntry entry in groups.EnumerateEntries())
        {
            GroupKey key = MemoryMarshal.Read<GroupKey>(entry.Key);
            read.Add(new CounterGroup(key, ReadSums(counters, MemoryMarshal.Read<uint>(entry.Value))));
        }

        return new CounterTable(read);
    }

    private static ulong[] ReadSums(BpfMap counters, uint index)
    {
        ulong[] sums = new ulong[BypassObject.CounterCount];
        foreach (byte[] cpu in counters.LookupPerCpu(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index))) ?? [])
        {
            ReadOnlySpan<ulong> values = MemoryMarshal.Cast<byte, ulong>(cpu);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += values[i];
            }
        }

        return sums;
    }
}
