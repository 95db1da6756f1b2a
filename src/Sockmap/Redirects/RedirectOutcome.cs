namespace Sockmap.Redirects;

/// <summary>What this kernel did with a message that was to be redirected.</summary>
public enum RedirectOutcome
{
    /// <summary>It came out where the redirect leads.</summary>
    Redirected,

    /// <summary>The kernel did not take one of the sockets into a sockmap.</summary>
    NotTaken,

    /// <summary>The kernel did not redirect to such a target: the sender got an error.</summary>
    Refused,

    /// <summary>The kernel did not redirect to such a target: the message came out where it would have without a redirect.</summary>
    NotRedirected,

    /// <summary>The kernel asked no program, and the message came out where it would have without a redirect.</summary>
    NotAsked,

    /// <summary>It came out nowhere.</summary>
    Lost,

    /// <summary>There can be no such sockets on this machine.</summary>
    NotTried,
}
