namespace Sockmap.Bpf.Attaching;

/// <summary>How an interface runs an XDP program (XDP_FLAGS_*_MODE of include/uapi/linux/if_link.h).</summary>
public enum XdpMode
{
    /// <summary>In the driver where it can, else generic: the kernel chooses.</summary>
    Any = 0,

    /// <summary>XDP_FLAGS_SKB_MODE: after the packet became a socket buffer; every driver.</summary>
    Generic = 1,

    /// <summary>XDP_FLAGS_DRV_MODE: in the driver.</summary>
    Driver = 2,

    /// <summary>XDP_FLAGS_HW_MODE: in the card. The program must have been loaded for it.</summary>
    Offload = 3,
}
