using Sockmap.Bypasses;

namespace Sockmap.Cli.Output;

/// <summary>What became of the established connections that an install was to put in.</summary>
/// <param name="Added">How many were put in.</param>
/// <param name="NotAdded">Those that were not.</param>
/// <param name="Problem">Why none could be, whichever it was; null where they were tried.</param>
internal sealed record EstablishedReport(int Added, IReadOnlyList<FailedConnection> NotAdded, string? Problem)
{
    /// <summary>Makes it of what the domain returned.</summary>
    public static EstablishedReport From(EstablishedResult result) => new(
        result.Connections.Count(connection => connection.IsNew),
        [.. result.Connections.Where(connection => connection.Error is not null).Select(FailedConnection.From)],
        result.Error?.Message);
}
