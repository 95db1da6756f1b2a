using Sockmap.Sockets;

namespace Sockmap.Bypasses;

/// <summary>What became of one connection that was to be put in.</summary>
/// <param name="Candidate">The connection.</param>
/// <param name="IsNew">Whether one of its ends at least was put in; both are in now unless there is an error.</param>
/// <param name="Error">Why neither end was put in; null where they are in.</param>
public sealed record AdditionResult(ConnectionCandidate Candidate, bool IsNew, BypassException? Error);
