namespace Sockmap.Bypasses;

/// <summary>What became of the established connections that an install was to put in.</summary>
/// <param name="Connections">Each that matched, with why it was not put in where it was not.</param>
/// <param name="Error">Why none could be put in, whichever it was; null where they were tried.</param>
public sealed record EstablishedResult(IReadOnlyList<AdditionResult> Connections, BypassException? Error);
