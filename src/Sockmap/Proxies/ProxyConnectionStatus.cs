namespace Sockmap.Proxies;

/// <summary>A connection of a proxy. Flat, so that it survives remoting.</summary>
public sealed record ProxyConnectionStatus
{
    /// <summary>The proxy's name.</summary>
    public required string Proxy { get; init; }

    /// <summary>Its number among all of the proxy.</summary>
    public required ulong Id { get; init; }

    /// <summary>The client's address; empty for a UNIX socket.</summary>
    public required string Client { get; init; }

    /// <summary>The target that it has, or is trying.</summary>
    public required string Target { get; init; }

    /// <summary>Who moves its bytes.</summary>
    public required ProxyMode Mode { get; init; }

    /// <summary>Why they are copied; empty where they are not.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was taken, local time.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>Bytes from the client that the kernel gave to the target.</summary>
    public required ulong SplicedBytesUp { get; init; }

    /// <summary>Bytes from the target that the kernel gave to the client.</summary>
    public required ulong SplicedBytesDown { get; init; }

    /// <summary>Bytes from the client that the process copied.</summary>
    public required ulong CopiedBytesUp { get; init; }

    /// <summary>Bytes from the target that the process copied.</summary>
    public required ulong CopiedBytesDown { get; init; }
}
