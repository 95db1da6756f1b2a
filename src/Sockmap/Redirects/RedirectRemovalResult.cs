namespace Sockmap.Redirects;

/// <summary>What taking a redirect away did.</summary>
/// <param name="Name">The redirect.</param>
/// <param name="IsComplete">Nothing of it is left; false when the time ran out with bytes unread or unsent (state Draining).</param>
/// <param name="UnreadBytes">Bytes that still wait in the target, or in the source.</param>
/// <param name="DroppedBytes">Bytes that were thrown away; 0 unless forced. Of those on their way through a socket the memory is counted.</param>
/// <param name="Waiting">Where bytes wait, one sentence each.</param>
/// <param name="SourceStays">
/// The source stays in its map, which nobody can reach any more, until it is closed: all that comes in is its own, but the
/// kernel could not find it without.
/// </param>
/// <param name="StayReason">Why it stays, as half a sentence; empty where it does not.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record RedirectRemovalResult(string Name, bool IsComplete, ulong UnreadBytes, ulong DroppedBytes, IReadOnlyList<string> Waiting, bool SourceStays, string StayReason, TimeSpan Elapsed);
