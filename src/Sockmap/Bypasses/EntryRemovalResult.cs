using Sockmap.Entries;

namespace Sockmap.Bypasses;

/// <summary>What taking single connections out did.</summary>
/// <param name="Removed">Sockets that were taken out, as they were last seen: both ends of each connection.</param>
/// <param name="Remaining">Sockets that are still in, since bytes wait unread in them or in their peers; as before.</param>
/// <param name="Missing">Cookies of sockets that were asked for and are not in the map.</param>
/// <param name="DroppedBytes">Unread redirected bytes that were thrown away; 0 unless forced.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record EntryRemovalResult(
    IReadOnlyList<SockmapEntry> Removed,
    IReadOnlyList<SockmapEntry> Remaining,
    IReadOnlyList<ulong> Missing,
    long DroppedBytes,
    TimeSpan Elapsed);
