namespace Sockmap.Redirects;

/// <summary>Whose bytes a redirect takes, and what becomes of them. Numbers as in bpf/redirect.h.</summary>
public enum SockmapRedirectMode
{
    /// <summary>What the source's process sends can be read from the target, instead of going to the source's peer.</summary>
    SendToLocal = 0,

    /// <summary>What the source's process sends goes to the target's peer.</summary>
    SendToEgress = 1,

    /// <summary>What comes in for the source is sent on to the target's peer, and no process sees it.</summary>
    IngressToEgress = 2,

    /// <summary>What comes in for the source can be read from the target.</summary>
    IngressToLocal = 3,
}
