using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;

namespace Sockmap.Bpf.Loading;

/// <summary>A section of code with all that belongs to its instructions.</summary>
internal sealed class CodeSection
{
    public required ElfSection Section { get; init; }

    /// <summary>Whether its global functions are programs; those of <c>.text</c> are only called.</summary>
    public bool IsProgramSection => Section.Name != ".text";

    /// <summary>The functions, by their first instruction.</summary>
    public required SortedList<int, FunctionSpec> Functions { get; init; }

    /// <summary>The relocation of an instruction, by its number.</summary>
    public required IReadOnlyDictionary<int, ElfRelocation> Relocations { get; init; }

    /// <summary>CO-RE relocations, by the instruction's number.</summary>
    public required IReadOnlyList<CoreRelocation> CoreRelocations { get; init; }

    public BtfExtRecords? FunctionRecords { get; init; }

    public BtfExtRecords? LineRecords { get; init; }
}
