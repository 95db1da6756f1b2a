namespace Sockmap.Redirects;

/// <summary>The two questions that make the four redirects.</summary>
internal static class SockmapRedirectModes
{
    /// <summary>It takes what the source sends (sk_msg); else what comes in for it (sk_skb).</summary>
    public static bool TakesSends(this SockmapRedirectMode mode) => mode is SockmapRedirectMode.SendToLocal or SockmapRedirectMode.SendToEgress;

    /// <summary>It ends in the target's receive queue; else it is sent on through the target.</summary>
    public static bool EndsLocally(this SockmapRedirectMode mode) => mode is SockmapRedirectMode.SendToLocal or SockmapRedirectMode.IngressToLocal;
}
