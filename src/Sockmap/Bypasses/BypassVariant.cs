namespace Sockmap.Bypasses;

/// <summary>Which of the two verdict programs a bypass runs. Both follow the same rules, and keep every byte in order.</summary>
public enum BypassVariant
{
    /// <summary>
    /// Reads the other end's socket by casts that the kernel checks (bpf_cast_to_kern_ctx and bpf_rdonly_cast, Linux 6.2),
    /// without a call.
    /// </summary>
    Exact = 1,

    /// <summary>Reads it by probe reads, a call each. For kernels without these casts.</summary>
    Probing = 2,
}
