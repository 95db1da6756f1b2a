namespace Sockmap.Policies;

/// <summary>A policy as the kernel shows it: flat, and every value read from its pins and maps.</summary>
public sealed record PolicyStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What the kernel holds of it.</summary>
    public required PolicyState State { get; init; }

    /// <summary>True where <see cref="State"/> is Active and <see cref="Problem"/> is empty.</summary>
    public bool IsHealthy => State == PolicyState.Active && Problem.Count == 0;

    /// <summary>What is wrong with it or worth knowing, one sentence each; empty where nothing is.</summary>
    public IReadOnlyList<string> Problem { get; init; } = [];

    /// <summary>Folder of the cgroup whose sockets are judged; null for all, or where the cgroup is gone.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of the cgroup; 0 for all.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>What is done with a message to send that no rule matches.</summary>
    public PolicyAction DefaultEgressAction { get; init; }

    /// <summary>What is done with data that comes and no rule matches.</summary>
    public PolicyAction DefaultIngressAction { get; init; }

    /// <summary>How many rules it has.</summary>
    public int Rules { get; init; }

    /// <summary>How often its rules or settings were changed.</summary>
    public ulong Generation { get; init; }

    /// <summary>Bypasses whose messages it judges before they are redirected.</summary>
    public IReadOnlyList<string> Bypass { get; init; } = [];

    /// <summary>Sockets that it holds since they are in no bypass.</summary>
    public int Entries { get; init; }

    /// <summary>How many it can hold.</summary>
    public int MaxEntries { get; init; }

    /// <summary>Messages that were refused with EACCES, since it was made.</summary>
    public ulong MessagesDropped { get; init; }

    /// <summary>Bytes in these.</summary>
    public ulong BytesDropped { get; init; }

    /// <summary>Packets with data that were not taken, since it was made; the same data again and again.</summary>
    public ulong PacketsDropped { get; init; }

    /// <summary>Messages that no rule matched.</summary>
    public ulong MessagesUnmatched { get; init; }

    /// <summary>Packets with data that no rule matched; only counted while something that comes has to be judged.</summary>
    public ulong PacketsUnmatched { get; init; }

    /// <summary>When it was made, local time.</summary>
    public DateTime CreatedAt { get; init; }

    /// <summary>Its folder on bpffs.</summary>
    public required string Path { get; init; }

    /// <summary>Root of the bpffs that it is on.</summary>
    public required string BpfFileSystem { get; init; }

    /// <summary>What is attached where, such as <c>cgroup_skb receive (id 12) to cgroup /sys/fs/cgroup/web by link 7</c>.</summary>
    public IReadOnlyList<string> Attachment { get; init; } = [];
}
