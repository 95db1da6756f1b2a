namespace Sockmap.Bypasses;

/// <summary>What an install did.</summary>
/// <param name="Bypass">The bypass as the kernel now shows it.</param>
/// <param name="Outcome">What it came to.</param>
/// <param name="Replaced">How the removal of what was there before went; null where nothing was.</param>
public sealed record InstallResult(BypassStatus Bypass, InstallOutcome Outcome, RemovalResult? Replaced)
{
    /// <summary>The connections that were established already; null where they were not asked for.</summary>
    public EstablishedResult? Established { get; init; }
}
