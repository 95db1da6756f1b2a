namespace Sockmap.Bypasses;

/// <summary>How far a removal is.</summary>
/// <param name="Entries">Sockets still in the map.</param>
/// <param name="QueuedBytes">Redirected bytes that their readers have not read yet.</param>
public sealed record DrainProgress(int Entries, long QueuedBytes);
