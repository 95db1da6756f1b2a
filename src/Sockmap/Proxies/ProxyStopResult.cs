namespace Sockmap.Proxies;

/// <summary>How a proxy was stopped.</summary>
public sealed record ProxyStopResult
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Connections that it had taken in all.</summary>
    public required ulong Connections { get; init; }

    /// <summary>Those that had not ended in time, and were reset.</summary>
    public required ulong DroppedConnections { get; init; }

    /// <summary>Bytes that it had from one end of these and had not given to the other's socket.</summary>
    public required ulong DroppedBytes { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }
}
