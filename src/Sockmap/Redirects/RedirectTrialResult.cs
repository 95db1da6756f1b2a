namespace Sockmap.Redirects;

/// <summary>What this kernel does with one combination, and what our table says of it.</summary>
public sealed record RedirectTrialResult
{
    /// <summary>The redirect.</summary>
    public required SockmapRedirectMode Mode { get; init; }

    /// <summary>The source's kind.</summary>
    public required RedirectSocketKind From { get; init; }

    /// <summary>The target's kind.</summary>
    public required RedirectSocketKind To { get; init; }

    /// <summary>The source is of IPv6, where it is of IP.</summary>
    public bool IsFromIPv6 { get; init; }

    /// <summary>The target is of IPv6, where it is of IP.</summary>
    public bool IsToIPv6 { get; init; }

    /// <summary>What the kernel did.</summary>
    public required RedirectOutcome Outcome { get; init; }

    /// <summary>Whether it redirects; null where that could not be tried.</summary>
    public bool? Works => Outcome == RedirectOutcome.NotTried ? null : Outcome == RedirectOutcome.Redirected;

    /// <summary>Whether Linux is known to, see <see cref="RedirectTable"/>.</summary>
    public bool IsExpected => RedirectTable.Find(Mode, From, To).IsSupported;

    /// <summary>What happened, or why it could not be tried.</summary>
    public required string Detail { get; init; }
}
