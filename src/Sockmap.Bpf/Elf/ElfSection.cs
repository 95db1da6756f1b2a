namespace Sockmap.Bpf.Elf;

/// <summary>One section of an ELF file.</summary>
internal sealed class ElfSection
{
    private const ulong FlagWrite = 0x1;
    private const ulong FlagAlloc = 0x2;
    private const ulong FlagExecute = 0x4;

    public required int Index { get; init; }

    public required string Name { get; init; }

    public required ElfSectionType Type { get; init; }

    public required ulong Flags { get; init; }

    /// <summary>Size in bytes. For <see cref="ElfSectionType.NoBits"/> nothing of it is in the file.</summary>
    public required ulong Size { get; init; }

    public required uint Link { get; init; }

    public required uint Info { get; init; }

    public required ulong EntrySize { get; init; }

    /// <summary>The section's bytes; empty for <see cref="ElfSectionType.NoBits"/>.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    public bool IsCode => Type == ElfSectionType.ProgramBits && (Flags & FlagExecute) != 0;

    public bool IsAllocated => (Flags & FlagAlloc) != 0;

    public bool IsWritable => (Flags & FlagWrite) != 0;
}
