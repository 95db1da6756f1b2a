namespace Sockmap.Bpf.Elf;

/// <summary>One row of a SHT_REL section.</summary>
/// <param name="Offset">Bytes from the start of the section that is patched.</param>
/// <param name="Type">The R_BPF_* number.</param>
/// <param name="Symbol">What is pointed at.</param>
internal readonly record struct ElfRelocation(ulong Offset, uint Type, ElfSymbol Symbol);
