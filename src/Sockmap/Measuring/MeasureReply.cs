namespace Sockmap.Measuring;

/// <summary>What a process that measures answers.</summary>
internal sealed record MeasureReply
{
    /// <summary>Open, server: its struct sockaddr in hexadecimal.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>Round: round trips, bytes that arrived, or connections.</summary>
    public long Units { get; init; }

    /// <summary>Round: from the first thing sent to the last answer.</summary>
    public double Seconds { get; init; }

    /// <summary>Round of latency: <see cref="LatencyHistogram.Export"/>.</summary>
    public IReadOnlyList<long> Buckets { get; init; } = [];

    /// <summary>Round of latency: the longest round trip.</summary>
    public long MaximumNanoseconds { get; init; }

    /// <summary>Usage: CPU time of the process since it began, user and system.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Totals: bytes that were sent.</summary>
    public long Sent { get; init; }

    /// <summary>Totals: bytes of them that TCP has sent.</summary>
    public long SentOverTcp { get; init; }

    /// <summary>Round, and Close of the server: bytes that the measured loops allocated.</summary>
    public long Allocated { get; init; }
}
