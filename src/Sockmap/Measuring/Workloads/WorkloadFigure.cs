namespace Sockmap.Measuring.Workloads;

/// <summary>A figure that a program told of a round.</summary>
internal sealed record WorkloadFigure
{
    /// <summary>The program and what it did: <c>Redis SET</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Latency (us, less is better) or throughput.</summary>
    public required MeasurementKind Kind { get; init; }

    /// <summary>Unit of all values.</summary>
    public required string Unit { get; init; }

    /// <summary>Throughput, or the median of latencies.</summary>
    public required double Value { get; init; }

    /// <summary>What ratios are made of, where <see cref="Value"/> is told too coarsely.</summary>
    public double? Compared { get; init; }

    /// <summary>99 of 100 took no longer; null where it does not tell.</summary>
    public double? P99 { get; init; }

    /// <summary>999 of 1000 took no longer; null where it does not tell.</summary>
    public double? P999 { get; init; }

    /// <summary>The longest; null where it does not tell.</summary>
    public double? Maximum { get; init; }

    /// <summary>CPU seconds of client and server for 10^9 bytes; null where it does not tell.</summary>
    public double? CpuSecondsPerGigabyte { get; init; }

    /// <summary>What has to be known to read the ratio.</summary>
    public string Remark { get; init; } = string.Empty;
}
