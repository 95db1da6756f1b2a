namespace Sockmap.Proxies;

/// <summary>What a proxy is to do.</summary>
public sealed record ProxySettings
{
    /// <summary>Its name: 1 to 64 letters, digits, '-' and '_'; null for one made of where it listens.</summary>
    public string? Name { get; init; }

    /// <summary>Where it listens, in the forms of <see cref="ProxyEndPoint"/>.</summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>Where it connects to: in turn, and to the next one where nobody listens.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>Connections at the same time; more wait to be accepted.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Copies, although it could splice.</summary>
    public bool Copy { get; init; }

    /// <summary>How long a target may take to answer before the next one is tried.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long connections may go on when it is stopped by a signal.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
