namespace Sockmap.Bpf.Instructions;

/// <summary>What the source register of a call or of a 64-bit load means (<c>BPF_PSEUDO_*</c>, include/uapi/linux/bpf.h).</summary>
public static class BpfPseudo
{
    /// <summary>Load: the descriptor of a map.</summary>
    public const byte MapDescriptor = 1;

    /// <summary>Load: the address of a place in the first value of a map.</summary>
    public const byte MapValue = 2;

    /// <summary>Load: the address of a kernel variable or function by its BTF id.</summary>
    public const byte BtfId = 3;

    /// <summary>Load: the address of a function of the same program.</summary>
    public const byte Function = 4;

    /// <summary>Call: a helper of the kernel.</summary>
    public const byte HelperCall = 0;

    /// <summary>Call: a function of the same program.</summary>
    public const byte FunctionCall = 1;

    /// <summary>Call: a kfunc by its BTF id.</summary>
    public const byte KernelFunctionCall = 2;
}
