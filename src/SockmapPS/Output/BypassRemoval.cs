using Sockmap.Bypasses;

namespace SockmapPS.Output;

/// <summary>What a removal did, flat so that it survives remoting.</summary>
public sealed record BypassRemoval
{
    /// <summary>The bypass.</summary>
    public required string Name { get; init; }

    /// <summary>Nothing of it is left; false when the time ran out with bytes unread.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Sockets that were taken out of it.</summary>
    public required int RemovedEntries { get; init; }

    /// <summary>Sockets whose readers have not read; they go on, over TCP.</summary>
    public required int RemainingEntries { get; init; }

    /// <summary>Redirected bytes that wait to be read in these sockets.</summary>
    public required ulong UnreadBytes { get; init; }

    /// <summary>Unread redirected bytes that were thrown away; 0 unless forced.</summary>
    public required long DroppedBytes { get; init; }

    /// <summary>These sockets: own end, other end, unread bytes.</summary>
    public required IReadOnlyList<string> Remaining { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Flattens what the domain returned.</summary>
    internal static BypassRemoval From(RemovalResult result) => new()
    {
        Name = result.Name,
        IsComplete = result.IsComplete,
        RemovedEntries = result.RemovedEntries,
        RemainingEntries = result.Remaining.Count,
        UnreadBytes = result.Remaining.Aggregate(0UL, (sum, entry) => sum + entry.QueuedBytes),
        DroppedBytes = result.DroppedBytes,
        Remaining = [.. result.Remaining.Select(RemainingText.Name)],
        Elapsed = result.Elapsed,
    };
}
