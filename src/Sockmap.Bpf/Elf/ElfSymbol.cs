namespace Sockmap.Bpf.Elf;

/// <summary>One row of the symbol table.</summary>
/// <param name="Index">Its place in the table, as relocations count.</param>
/// <param name="Name">Its name; empty for section symbols.</param>
/// <param name="Value">Bytes from the start of its section.</param>
/// <param name="Size">Its size in bytes, 0 where unknown.</param>
/// <param name="Type">What it stands for.</param>
/// <param name="Binding">Who sees it.</param>
/// <param name="IsHidden">Whether its visibility is STV_HIDDEN or STV_INTERNAL.</param>
/// <param name="SectionIndex">Its section; 0 for externs, 0xff00 and up for special ones.</param>
internal sealed record ElfSymbol(
    int Index,
    string Name,
    ulong Value,
    ulong Size,
    ElfSymbolType Type,
    ElfSymbolBinding Binding,
    bool IsHidden,
    int SectionIndex)
{
    /// <summary>Whether the symbol is used here but made elsewhere (an <c>extern</c>).</summary>
    public bool IsExtern => SectionIndex == 0 && Binding != ElfSymbolBinding.Local && Name.Length > 0;
}
