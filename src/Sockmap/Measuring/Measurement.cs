namespace Sockmap.Measuring;

/// <summary>
/// One way measured, and compared with plain TCP in the same rounds. The rounds of all ways take turns, in another order each
/// time, on the same CPUs, with processes and settings that are the same.
/// </summary>
public sealed record Measurement
{
    /// <summary>What was measured.</summary>
    public required MeasurementKind Kind { get; init; }

    /// <summary>Which way.</summary>
    public required MeasurementArm Arm { get; init; }

    /// <summary>The object file of <see cref="MeasurementArm.Object"/>; null for the others.</summary>
    public string? ObjectPath { get; init; }

    /// <summary>The real program that was measured, and what it did (<c>Redis SET</c>); null where it was our own.</summary>
    public string? Workload { get; init; }

    /// <summary>Bytes of a message: of each write(). Of a real program what it calls so; 0 where it has no such setting.</summary>
    public required int MessageSize { get; init; }

    /// <summary>Connections at the same time, each with a thread of its own at either end.</summary>
    public required int Connections { get; init; }

    /// <summary>The CPU that server and client shared (<c>1</c>), or that of the server and that of the client (<c>0,1</c>).</summary>
    public required string Cpu { get; init; }

    /// <summary>Unit of <see cref="Median"/> to <see cref="Maximum"/>: <c>us</c>, <c>MB/s</c> or <c>1/s</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Latency: median of all round trips, to 1 %. Throughput and rate: median of the rounds.</summary>
    public required double Median { get; init; }

    /// <summary>Latency: 99 of 100 round trips took no longer. Throughput and rate: 99 of 100 rounds were no faster. Null where a real program does not tell.</summary>
    public required double? P99 { get; init; }

    /// <summary>Latency: 999 of 1000 round trips took no longer. Throughput and rate: 999 of 1000 rounds were no faster. Null where a real program does not tell.</summary>
    public required double? P999 { get; init; }

    /// <summary>Latency: the longest round trip. Throughput and rate: the fastest round.</summary>
    public required double Maximum { get; init; }

    /// <summary>
    /// CPU time of both processes, user and system, for 10^9 bytes of payload carried (of round trips both ways); null for the
    /// rate of connections. A kernel that accounts softirq time apart (CONFIG_IRQ_TIME_ACCOUNTING) leaves that part out.
    /// </summary>
    public required double? CpuSecondsPerGigabyte { get; init; }

    /// <summary>
    /// How many times as good as plain TCP, more than 1 being better for every kind: the geometric mean over the rounds. Of
    /// latency the medians of each round are compared.
    /// </summary>
    public required double Ratio { get; init; }

    /// <summary>
    /// Low end of the 95 % confidence interval of <see cref="Ratio"/>, by Student's t over the logarithms of the rounds' ratios.
    /// </summary>
    public required double RatioLow { get; init; }

    /// <summary>High end of that interval.</summary>
    public required double RatioHigh { get; init; }

    /// <summary>Rounds that were measured, the warm-up not counted.</summary>
    public required int Rounds { get; init; }

    /// <summary>
    /// The machine was too noisy for a claim: the high end of the interval is more than 1.2 times its low end.
    /// </summary>
    public required bool IsNoisy { get; init; }

    /// <summary>
    /// Of the payload sent over TCP sockets, the part that skipped TCP, by TCP's own count of bytes (TCP_INFO): 0 to 1; 0 of
    /// UNIX sockets.
    /// </summary>
    public required double RedirectedShare { get; init; }

    /// <summary>What has to be known to read the numbers; empty where nothing has.</summary>
    public string Remark { get; init; } = string.Empty;

    /// <summary>When the last round ended, local time.</summary>
    public required DateTime Time { get; init; }

    /// <summary>Kernel release, number of CPUs and their model.</summary>
    public required string Machine { get; init; }
}
