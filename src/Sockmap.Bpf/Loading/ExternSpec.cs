namespace Sockmap.Bpf.Loading;

/// <summary>Something that the object uses and the kernel has: a kfunc, a variable, a symbol or a setting.</summary>
/// <param name="Name">Its name in C, with its flavour.</param>
/// <param name="SectionName"><c>.ksyms</c> or <c>.kconfig</c>.</param>
/// <param name="IsFunction">Whether it is a function.</param>
/// <param name="TypeId">Its prototype or, without modifiers, its type in the object's raw BTF; 0 for <c>void</c>, a symbol without type.</param>
/// <param name="IsWeak">Whether the kernel may lack it.</param>
internal sealed record ExternSpec(string Name, string SectionName, bool IsFunction, uint TypeId, bool IsWeak)
{
    /// <summary>Whether it is a setting of the kernel's configuration.</summary>
    public bool IsSetting => SectionName == ObjectBtf.KernelConfigSection;

    /// <summary>Whether only its address is asked for, so that it is looked up in kallsyms.</summary>
    public bool IsTypeless => SectionName == ObjectBtf.KernelSymbolsSection && !IsFunction && TypeId == 0;
}
