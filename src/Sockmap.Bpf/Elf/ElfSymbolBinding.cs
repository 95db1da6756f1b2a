namespace Sockmap.Bpf.Elf;

/// <summary>Who sees a symbol (high half of <c>st_info</c>, elf(5)).</summary>
internal enum ElfSymbolBinding : byte
{
    Local = 0,
    Global = 1,
    Weak = 2,
}
