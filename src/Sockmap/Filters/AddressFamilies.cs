namespace Sockmap.Filters;

/// <summary>
/// Which connections a bypass takes by their addresses. A v4-mapped connection (::ffff:a.b.c.d, an IPv4 peer of a
/// dual-stack listener) counts as IPv4.
/// </summary>
[Flags]
public enum AddressFamilies
{
    /// <summary>Nothing; no bypass can be installed with it.</summary>
    None = 0,

    /// <summary>IPv4, v4-mapped included.</summary>
    IPv4 = 1,

    /// <summary>IPv6, v4-mapped excluded.</summary>
    IPv6 = 2,

    /// <summary>Both.</summary>
    Any = IPv4 | IPv6,
}
