using Sockmap.Workers;

namespace Sockmap.Proof;

/// <summary>How a bypass is proven.</summary>
public sealed record ProofOptions
{
    /// <summary>Starts the process that goes into the bypass's cgroup and makes the connections there.</summary>
    public required IWorkerHost Worker { get; init; }

    /// <summary>How long all of it may take; a second is usual.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
