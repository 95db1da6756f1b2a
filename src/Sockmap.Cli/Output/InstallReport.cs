using Sockmap.Bypasses;

namespace Sockmap.Cli.Output;

/// <summary>What <c>sockmap install --json</c> writes.</summary>
/// <param name="Bypass">The bypass.</param>
/// <param name="Outcome">What the install came to.</param>
/// <param name="Replaced">How the removal of what was there before went; null where nothing was.</param>
/// <param name="Established">The connections that were there before; null where they were not asked for.</param>
internal sealed record InstallReport(BypassStatus Bypass, InstallOutcome Outcome, RemovalResult? Replaced, EstablishedReport? Established)
{
    /// <summary>Makes it of what the domain returned.</summary>
    public static InstallReport From(InstallResult result) =>
        new(result.Bypass, result.Outcome, result.Replaced, result.Established is { } established ? EstablishedReport.From(established) : null);
}
