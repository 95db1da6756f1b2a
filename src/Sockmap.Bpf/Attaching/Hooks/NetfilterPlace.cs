namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>Where in a packet's way Netfilter runs programs (enum nf_inet_hooks of include/uapi/linux/netfilter.h).</summary>
public enum NetfilterPlace
{
    /// <summary>NF_INET_PRE_ROUTING: after it came in.</summary>
    PreRouting = 0,

    /// <summary>NF_INET_LOCAL_IN: before a socket of this machine gets it.</summary>
    LocalIn = 1,

    /// <summary>NF_INET_FORWARD: on its way through this machine.</summary>
    Forward = 2,

    /// <summary>NF_INET_LOCAL_OUT: sent by a socket of this machine.</summary>
    LocalOut = 3,

    /// <summary>NF_INET_POST_ROUTING: before it leaves.</summary>
    PostRouting = 4,
}
