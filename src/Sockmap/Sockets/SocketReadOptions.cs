namespace Sockmap.Sockets;

/// <summary>How a listing of sockets is read.</summary>
public sealed record SocketReadOptions
{
    /// <summary>The way to take; null for the iterator, and where that is not to be had, /proc.</summary>
    public SocketSource? Source { get; init; }

    /// <summary>Sockets of all protocols and families, not of TCP over IP only.</summary>
    public bool AnyProtocol { get; init; }

    /// <summary>Only sockets that are in a sockmap. The iterator alone can tell: it does not limit a listing of /proc.</summary>
    public bool InSockmapOnly { get; init; }

    /// <summary>Takes a line for each thing that was not to be had: the iterator, a network namespace.</summary>
    public Action<string>? Log { get; init; }
}
