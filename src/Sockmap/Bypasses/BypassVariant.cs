namespace Sockmap.Bypasses;

/// <summary>Which of the two verdict programs a bypass runs. Both keep every byte in order.</summary>
public enum BypassVariant
{
    /// <summary>
    /// A direction goes from TCP to redirected whenever all that was sent over TCP has been read. Needs the kfuncs
    /// bpf_cast_to_kern_ctx and bpf_rdonly_cast (Linux 6.2).
    /// </summary>
    Exact = 1,

    /// <summary>A direction that has once used TCP stays there. For kernels without these kfuncs.</summary>
    Sticky = 2,
}
