namespace Sockmap.Proxies;

/// <summary>A proxy, as its process and the kernel tell of it. Flat, so that it survives remoting.</summary>
public sealed record ProxyStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required ProxyState State { get; init; }

    /// <summary>Where it listens.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>Where it connects to.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Its process.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When it began, local time.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>Connections that there are now.</summary>
    public required ulong Active { get; init; }

    /// <summary>Most connections at the same time.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>Connections that it took in all.</summary>
    public required ulong Accepted { get; init; }

    /// <summary>Those that the kernel moves.</summary>
    public required ulong Spliced { get; init; }

    /// <summary>Those that its process copies.</summary>
    public required ulong Copied { get; init; }

    /// <summary>Those for which no target was reached.</summary>
    public required ulong Failed { get; init; }

    /// <summary>Those of which an end was reset, and so the other.</summary>
    public required ulong Reset { get; init; }

    /// <summary>Bytes from clients that the kernel gave to targets (its program's count).</summary>
    public required ulong SplicedBytesUp { get; init; }

    /// <summary>Bytes from targets that the kernel gave to clients.</summary>
    public required ulong SplicedBytesDown { get; init; }

    /// <summary>Bytes from clients that its process copied: of copied connections, and of spliced ones those that the target had no room for.</summary>
    public required ulong CopiedBytesUp { get; init; }

    /// <summary>Bytes from targets that its process copied.</summary>
    public required ulong CopiedBytesDown { get; init; }

    /// <summary>Bytes of spliced connections that came again, together with new ones, and were cut off (its program's count).</summary>
    public required ulong RepeatedBytes { get; init; }

    /// <summary>Why it copies all connections; empty where it splices what it can.</summary>
    public required string CopyReason { get; init; }

    /// <summary>Its folder on bpffs.</summary>
    public required string Path { get; init; }

    /// <summary>Root of the bpffs that it is on, so that the object can be piped on.</summary>
    public required string BpfFileSystem { get; init; }
}
