namespace Sockmap.Bpf.Elf;

/// <summary>What a symbol stands for (low half of <c>st_info</c>, elf(5)).</summary>
internal enum ElfSymbolType : byte
{
    None = 0,
    Object = 1,
    Function = 2,
    Section = 3,
    File = 4,
}
