using Sockmap.Bypasses.Layout;
using Sockmap.Cgroups;
using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <summary>What is looked up once for a whole listing: who holds the sockets, where the cgroups are, what time it is.</summary>
/// <param name="processes">Who holds which socket; null where that was not asked for.</param>
/// <param name="readExactly">Reads that again, where the first says that several processes hold one: two sockets may have one inode's number.</param>
internal sealed class EntrySurroundings(ProcessTable? processes, Func<ProcessTable> readExactly)
{
    private readonly CgroupPaths _cgroups = new();
    private readonly MonotonicClock _clock = MonotonicClock.Read();
    private ProcessTable? _exact;

    public IReadOnlyList<SocketProcess> FindProcesses(in EntryRow row)
    {
        IReadOnlyList<SocketProcess> found = processes?.Find(row.Cookie, row.Inode) ?? [];
        if (found.Count <= 1)
        {
            return found;
        }

        IReadOnlyList<SocketProcess> exact = (_exact ??= readExactly()).Find(row.Cookie, row.Inode);
        return exact.Count == 0 ? found : exact;
    }

    public string? FindCgroup(ulong id) => _cgroups.Find(id);

    /// <summary>Local time of a moment of CLOCK_MONOTONIC in nanoseconds; null for 0.</summary>
    public DateTime? ToLocalTime(ulong nanoseconds) => nanoseconds == 0 ? null : _clock.ToLocalTime(nanoseconds);
}
