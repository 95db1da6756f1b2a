namespace Sockmap.Redirects;

/// <summary>What a redirect is to be.</summary>
public sealed record RedirectSettings
{
    /// <summary>Bytes that may wait for the target where nothing else was said.</summary>
    public const ulong DefaultQueueLimit = 64UL << 20;

    /// <summary>Whose bytes it takes, and where they go.</summary>
    public required SockmapRedirectMode Mode { get; init; }

    /// <summary>Its name; null for the first of redirect-1, redirect-2… that is free.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Memory that may wait for the target, in bytes. Then a sender gets EACCES, until the redirect is removed; what came
    /// in for a UDP socket is dropped, and of all others stays in the source's receive queue from there on, as no byte may
    /// follow a gap (state Overrun). 0 is
    /// <see cref="DefaultQueueLimit"/>. A redirect from send to egress has none: there the target's own send buffer holds
    /// the sender.
    /// </summary>
    public ulong QueueLimit { get; init; }

    /// <summary>How long to wait until bytes that a redirect would overtake have been read.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
