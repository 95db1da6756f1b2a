namespace Sockmap.Redirects;

/// <summary>What has become of a redirect.</summary>
public enum RedirectState
{
    /// <summary>Both sockets are in, and it redirects.</summary>
    Active,

    /// <summary>
    /// The target was full: what came in since stays in the source's receive queue, in order; a sender gets EACCES until
    /// the redirect is removed, as the kernel keeps to its verdict.
    /// </summary>
    Overrun,

    /// <summary>It is being removed, and waits for what was redirected to be read or sent.</summary>
    Draining,

    /// <summary>The source was closed or is out; what it redirected can still be read.</summary>
    SourceClosed,

    /// <summary>The target was closed: senders get EACCES, and what comes in stays in the source's receive queue.</summary>
    TargetClosed,

    /// <summary>Both were closed: only its pins are left.</summary>
    Closed,

    /// <summary>It was made by another version, or pins are missing.</summary>
    Foreign,
}
