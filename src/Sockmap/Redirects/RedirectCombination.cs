namespace Sockmap.Redirects;

/// <summary>One cell of the table of redirects.</summary>
/// <param name="Mode">The redirect.</param>
/// <param name="From">The source's kind.</param>
/// <param name="To">The target's kind.</param>
/// <param name="IsSupported">Linux does it.</param>
/// <param name="Reason">Why it does not; empty where it does.</param>
public sealed record RedirectCombination(SockmapRedirectMode Mode, RedirectSocketKind From, RedirectSocketKind To, bool IsSupported, string Reason);
