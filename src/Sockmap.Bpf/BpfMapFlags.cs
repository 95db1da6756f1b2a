namespace Sockmap.Bpf;

/// <summary>What a map is asked for when it is created (BPF_F_* of BPF_MAP_CREATE in include/uapi/linux/bpf.h).</summary>
[Flags]
public enum BpfMapFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>BPF_F_NO_PREALLOC: memory is taken entry by entry. Tries and storage must have it.</summary>
    NoPrealloc = 1,

    /// <summary>BPF_F_NO_COMMON_LRU: each CPU forgets the entries that it used least, instead of all together.</summary>
    NoCommonLru = 1 << 1,

    /// <summary>BPF_F_NUMA_NODE: memory comes from one NUMA node.</summary>
    NumaNode = 1 << 2,

    /// <summary>BPF_F_RDONLY: the descriptor that creation gives can only read.</summary>
    Rdonly = 1 << 3,

    /// <summary>BPF_F_WRONLY: the descriptor that creation gives can only write.</summary>
    Wronly = 1 << 4,

    /// <summary>BPF_F_STACK_BUILD_ID: stack traces hold build ids and offsets instead of addresses.</summary>
    StackBuildId = 1 << 5,

    /// <summary>BPF_F_ZERO_SEED: the hash begins with no random number, so that it can be foreseen; for tests.</summary>
    ZeroSeed = 1 << 6,

    /// <summary>BPF_F_RDONLY_PROG: programs can only read.</summary>
    RdonlyProg = 1 << 7,

    /// <summary>BPF_F_WRONLY_PROG: programs can only write.</summary>
    WronlyProg = 1 << 8,

    /// <summary>BPF_F_CLONE: a socket that is accepted takes its listener's storage along.</summary>
    Clone = 1 << 9,

    /// <summary>BPF_F_MMAPABLE: processes can map its memory.</summary>
    Mmapable = 1 << 10,

    /// <summary>BPF_F_PRESERVE_ELEMS: perf events stay when the descriptor that put them in is closed.</summary>
    PreserveElems = 1 << 11,

    /// <summary>BPF_F_INNER_MAP: an array may lie in an array of maps whose other members have another size.</summary>
    InnerMap = 1 << 12,

    /// <summary>BPF_F_LINK: the value of a struct_ops map is registered by a link.</summary>
    Link = 1 << 13,

    /// <summary>BPF_F_VTYPE_BTF_OBJ_FD: the type of a struct_ops value lies in a module's BTF.</summary>
    VtypeBtfObjFd = 1 << 15,

    /// <summary>BPF_F_TOKEN_FD: the right to create it comes from a BPF token.</summary>
    TokenFd = 1 << 16,

    /// <summary>BPF_F_SEGV_ON_FAULT: a process that touches a page of an arena that was not given out gets SIGSEGV.</summary>
    SegvOnFault = 1 << 17,

    /// <summary>BPF_F_NO_USER_CONV: addresses in an arena are not translated for processes.</summary>
    NoUserConv = 1 << 18,
}
