using Sockmap.Traffic.Options;

namespace Sockmap.Traffic.Reporting;

/// <summary>One fault that a process saw.</summary>
public sealed record TrafficError
{
    public TrafficErrorKind Kind { get; init; }

    /// <summary>The connection's client port; 0 when the fault is not one connection's.</summary>
    public int ClientPort { get; init; }

    public Direction? Direction { get; init; }

    /// <summary>Offset (bytes) of the first wrong or missing byte.</summary>
    public long? Offset { get; init; }

    /// <summary>The 16 bytes that should be at the offset (hex).</summary>
    public string? Expected { get; init; }

    /// <summary>Up to 16 bytes that came (hex).</summary>
    public string? Got { get; init; }

    /// <summary>Offset in the same direction to which the bytes that came belong.</summary>
    public long? FoundAt { get; init; }

    public required string Message { get; init; }
}
