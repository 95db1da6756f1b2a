namespace Sockmap.Bypasses;

/// <summary>What a listing of entries looks up beside the map.</summary>
public sealed record EntryListOptions
{
    /// <summary>Who holds the sockets: one pass over all open files of all processes, before the first entry.</summary>
    public bool Processes { get; init; } = true;
}
