using System.Diagnostics;
using Sockmap.Bypasses.Layout;
using Sockmap.Cgroups;
using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <summary>What is looked up once for a whole listing: who holds the sockets, where the cgroups are, what time it is.</summary>
/// <param name="processes">Who holds which socket; null where that was not asked for.</param>
internal sealed class EntrySurroundings(ProcessTable? processes)
{
    private readonly Dictionary<ulong, string?> _cgroups = [];
    private readonly DateTime _now = DateTime.Now;
    private readonly long _ticks = Stopwatch.GetTimestamp();

    public IReadOnlyList<SocketProcess> FindProcesses(in EntryRow row) => processes?.Find(row.Cookie, row.Inode) ?? [];

    public string? FindCgroup(ulong id)
    {
        if (!_cgroups.TryGetValue(id, out string? path))
        {
            _cgroups[id] = path = CgroupHierarchy.FindPath(id);
        }

        return path;
    }

    /// <summary>Local time of a moment of CLOCK_MONOTONIC, which Stopwatch counts, in nanoseconds; null for 0.</summary>
    public DateTime? ToLocalTime(ulong nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return null;
        }

        double now = _ticks * (1_000_000_000.0 / Stopwatch.Frequency);
        return _now.AddMilliseconds((nanoseconds - now) / 1_000_000);
    }
}
