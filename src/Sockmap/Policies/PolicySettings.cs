namespace Sockmap.Policies;

/// <summary>How a policy is made.</summary>
public sealed record PolicySettings
{
    /// <summary>Its name where none is given.</summary>
    public const string DefaultName = "default";

    /// <summary>1 to 64 letters, digits, '-' and '_'.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>Folder of the cgroup whose sockets are judged, with those below; null for every socket of the host.</summary>
    public string? Cgroup { get; init; }

    /// <summary>How many sockets that are in no bypass it holds when <see cref="MaxEntries"/> is not set.</summary>
    public const int DefaultMaxEntries = 65536;

    /// <summary>How many sockets that are in no bypass it holds; more are not judged when they send.</summary>
    public int MaxEntries { get; init; } = DefaultMaxEntries;

    /// <summary>What is done with a message to send that no rule matches: Pass, Drop or NoBypass.</summary>
    public PolicyAction DefaultEgressAction { get; init; }

    /// <summary>What is done with data that comes and no rule matches: Pass or Drop.</summary>
    public PolicyAction DefaultIngressAction { get; init; }
}
