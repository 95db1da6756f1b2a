using Sockmap.Entries;

namespace Sockmap.Events;

/// <summary>How a bypass is watched.</summary>
public sealed record WatchOptions
{
    /// <summary>
    /// Bytes of the buffer in which the kernel keeps events until they are read, a power of two and at least a page. An
    /// event takes 136; what finds no room is counted as lost.
    /// </summary>
    public int BufferSize { get; init; } = 1 << 20;

    /// <summary>Only events of these sockets; null for all. <see cref="SockmapEventKind.Lost"/> always comes.</summary>
    public EntryFilter? Filter { get; init; }

    /// <summary>Only events of these kinds; all where it is empty. <see cref="SockmapEventKind.Lost"/> always comes.</summary>
    public IReadOnlyList<SockmapEventKind> Kinds { get; init; } = [];
}
