namespace Sockmap.Traffic.Reporting;

/// <summary>A stream is wrong.</summary>
public sealed class TrafficException(TrafficError error) : Exception(error?.Message)
{
    public TrafficError Error { get; } = error ?? throw new ArgumentNullException(nameof(error));
}
