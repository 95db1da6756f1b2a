namespace Sockmap.Sockets;

/// <summary>What counts as a candidate.</summary>
public sealed record CandidateOptions
{
    /// <summary>
    /// Pairs whose ends are in different network namespaces too, never such of loopback addresses. Namespaces may use the same addresses for
    /// different machines: where more than one socket could be the other end there is no pair.
    /// </summary>
    public bool CrossNamespace { get; init; }
}
