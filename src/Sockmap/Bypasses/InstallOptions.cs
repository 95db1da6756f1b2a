namespace Sockmap.Bypasses;

/// <summary>How an install behaves towards what is there.</summary>
public sealed record InstallOptions
{
    /// <summary>Replaces a bypass of the same name that has other settings, instead of an error that says what differs.</summary>
    public bool Replace { get; init; }

    /// <summary>
    /// How long a replacement waits for readers of the old bypass; what is unread then stays readable, on sockets that
    /// run over TCP.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Puts connections in that are established already, those that the bypass would have taken; also where it was
    /// installed before. What cannot be put in stays on TCP and fails nothing.
    /// </summary>
    public bool IncludeEstablished { get; init; }
}
