using System.Diagnostics;

namespace Sockmap.Bypasses.Layout;

/// <summary>
/// CLOCK_MONOTONIC, which our programs and Stopwatch count, and what the wall clock, which somebody may set, said at the
/// same moment.
/// </summary>
internal readonly struct MonotonicClock
{
    private readonly DateTime _wall;
    private readonly ulong _now;

    private MonotonicClock(DateTime wall, ulong now)
    {
        _wall = wall;
        _now = now;
    }

    /// <summary>Both clocks, now.</summary>
    public static MonotonicClock Read() => new(DateTime.UtcNow, Now);

    /// <summary>Nanoseconds of CLOCK_MONOTONIC.</summary>
    public static ulong Now => (ulong)(Stopwatch.GetTimestamp() * (1_000_000_000.0 / Stopwatch.Frequency));

    /// <summary>Local time of a moment that is given in nanoseconds of CLOCK_MONOTONIC.</summary>
    public DateTime ToLocalTime(ulong nanoseconds) => _wall.AddTicks((long)(nanoseconds - _now) / TimeSpan.NanosecondsPerTick).ToLocalTime();
}
