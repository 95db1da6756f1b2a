namespace Sockmap.Bpf.Elf;

/// <summary>Section types that matter for BPF objects (<c>sh_type</c>, elf(5)).</summary>
internal enum ElfSectionType : uint
{
    Null = 0,
    ProgramBits = 1,
    SymbolTable = 2,
    StringTable = 3,
    RelocationsWithAddend = 4,
    NoBits = 8,
    Relocations = 9,
}
