namespace Sockmap.Bpf;

/// <summary>When an update may write: whatever is there, only a new key, or only a key that exists (BPF_ANY, BPF_NOEXIST, BPF_EXIST).</summary>
[Flags]
public enum BpfMapUpdateFlags
{
    /// <summary>BPF_ANY: create the key or replace its value.</summary>
    Any = 0,

    /// <summary>BPF_NOEXIST: only create; EEXIST when the key is there.</summary>
    NoExist = 1,

    /// <summary>BPF_EXIST: only replace; ENOENT when the key is not there.</summary>
    Exist = 2,

    /// <summary>BPF_F_LOCK: take the <c>bpf_spin_lock</c> in the value while writing.</summary>
    Lock = 4,
}
