namespace Sockmap.Traffic.Reporting;

/// <summary>One line of a traffic process's standard output: exactly one property is set.</summary>
public sealed record TrafficLine
{
    /// <summary>The server's port.</summary>
    public int? Listening { get; init; }

    /// <summary>All connections are there; their client ports.</summary>
    public IReadOnlyList<int>? Connected { get; init; }

    /// <summary>A reader stopped at this offset (bytes).</summary>
    public long? ReaderPaused { get; init; }

    /// <summary>Answer to <c>status</c>.</summary>
    public IReadOnlyList<ConnectionReport>? Status { get; init; }

    public TrafficResult? Result { get; init; }
}
