using Sockmap.Entries;

namespace Sockmap.Bypasses;

/// <summary>What a removal did.</summary>
/// <param name="Name">The bypass.</param>
/// <param name="IsComplete">Nothing of it is left; false when the time ran out with bytes unread (state Draining).</param>
/// <param name="RemovedEntries">Sockets that were taken out of the map.</param>
/// <param name="DroppedBytes">Unread redirected bytes that were thrown away; 0 unless forced.</param>
/// <param name="Remaining">Sockets whose readers have not read; they go on, over TCP.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record RemovalResult(
    string Name,
    bool IsComplete,
    int RemovedEntries,
    long DroppedBytes,
    IReadOnlyList<SockmapEntry> Remaining,
    TimeSpan Elapsed);
