namespace Sockmap.Proxies;

/// <summary>What does not change of a proxy while it runs.</summary>
internal sealed record ProxyDescription
{
    public const int CurrentLayout = 1;

    /// <summary>Of the maps beside it: another version of SockmapPS may have made them.</summary>
    public int Layout { get; init; } = CurrentLayout;

    public required string Name { get; init; }

    public required int ProcessId { get; init; }

    public required DateTime StartedAt { get; init; }

    public required IReadOnlyList<string> Listen { get; init; }

    public required IReadOnlyList<string> To { get; init; }

    public required int MaxConnections { get; init; }

    /// <summary>Why it copies all; empty where it splices what it can.</summary>
    public required string CopyReason { get; init; }
}
