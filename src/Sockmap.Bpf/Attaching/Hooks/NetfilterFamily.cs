namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>The protocol families whose packets Netfilter shows to programs (NFPROTO_* of include/uapi/linux/netfilter.h).</summary>
public enum NetfilterFamily
{
    /// <summary>NFPROTO_IPV4.</summary>
    IPv4 = 2,

    /// <summary>NFPROTO_IPV6.</summary>
    IPv6 = 10,
}
