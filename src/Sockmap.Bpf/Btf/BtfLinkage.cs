namespace Sockmap.Bpf.Btf;

/// <summary>Linkage of functions and variables (<c>BTF_FUNC_*</c>, <c>BTF_VAR_*</c>, include/uapi/linux/btf.h).</summary>
public enum BtfLinkage
{
    /// <summary>Seen in its own file only.</summary>
    Static = 0,

    /// <summary>Made here and seen everywhere.</summary>
    Global = 1,

    /// <summary>Made elsewhere.</summary>
    Extern = 2,
}
