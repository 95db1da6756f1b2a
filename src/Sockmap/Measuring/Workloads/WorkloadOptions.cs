using Sockmap.Bypasses;

namespace Sockmap.Measuring.Workloads;

/// <summary>Which real programs are measured, and how long. They run over plain TCP and with a bypass.</summary>
public sealed record WorkloadOptions
{
    /// <summary>How long a round takes where nothing is said.</summary>
    public static readonly TimeSpan UsualRoundTime = TimeSpan.FromSeconds(1);

    /// <summary>The programs, in this order.</summary>
    public required IReadOnlyList<WorkloadProgram> Workloads { get; init; }

    /// <summary>
    /// Bytes of a message, as each program means it: the value of a key (Redis), a write (iperf3), a message (sockperf). Empty
    /// is what is usual for each: 64, 131072, 64. PostgreSQL has no such setting.
    /// </summary>
    public IReadOnlyList<int> MessageSizes { get; init; } = [];

    /// <summary>Connections at the same time. sockperf has one.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [1];

    /// <summary>Rounds of each way that count, 3 to 1000; one more before them warms up.</summary>
    public int Rounds { get; init; } = 10;

    /// <summary>How long a round takes; the programs take whole seconds, one at least.</summary>
    public TimeSpan RoundTime { get; init; } = UsualRoundTime;

    /// <summary>As <see cref="MeasureOptions.Cpus"/>.</summary>
    public IReadOnlyList<int> Cpus { get; init; } = [];

    /// <summary>As <see cref="MeasureOptions.Variant"/>.</summary>
    public BypassVariant? Variant { get; init; }

    /// <summary>As <see cref="MeasureOptions.QueueLimit"/>.</summary>
    public uint QueueLimit { get; init; }
}
