namespace Sockmap.Traffic.Reporting;

/// <summary>The last line of a traffic process.</summary>
public sealed record TrafficResult
{
    public ExitCode ExitCode { get; init; }

    public required IReadOnlyList<ConnectionReport> Connections { get; init; }

    public required IReadOnlyList<TrafficError> Errors { get; init; }
}
