namespace Sockmap.Support.Experiments;

/// <summary>What one run of an experiment saw.</summary>
/// <param name="State">Whether that is what TCP does; Unknown where it cannot be tried here.</param>
/// <param name="Tried">The beginning of a sentence that <paramref name="Seen"/> ends: what was done. The whole of it where the state is Unknown.</param>
/// <param name="Seen">What came of it.</param>
internal readonly record struct Observation(SupportState State, string Tried, string Seen)
{
    public static Observation Of(bool isAsTcp, string tried, string seen) =>
        new(isAsTcp ? SupportState.Supported : SupportState.Unsupported, tried, seen);

    public static Observation Unknown(string reason) => new(SupportState.Unknown, reason, string.Empty);
}
