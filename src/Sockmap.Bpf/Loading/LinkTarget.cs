using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>What a program is linked to: the maps that were made for it, and the kernel.</summary>
public sealed class LinkTarget
{
    /// <summary>Gives the descriptor of a map by its name in the object. Asked only for the maps that the program uses.</summary>
    public required Func<string, int> MapDescriptor { get; init; }

    /// <summary>The kernel's types; null where the kernel shows none.</summary>
    public BtfSpec? KernelBtf { get; init; }

    /// <summary>
    /// Finds what the kernel's own types lack in its modules; null to leave these out. It must stay open until the
    /// program is loaded, since descriptors of it stand in the instructions.
    /// </summary>
    public KernelModules? Modules { get; init; }

    /// <summary>Gives the address of a kernel symbol by its name (kallsyms), or null where it is not there or hidden.</summary>
    public Func<string, ulong?>? KernelSymbol { get; init; }

    /// <summary>Tells why a setting of the kernel (<c>__kconfig</c>) cannot be had, or null where it can; null when all can.</summary>
    public Func<string, string?>? SettingProblem { get; init; }
}
