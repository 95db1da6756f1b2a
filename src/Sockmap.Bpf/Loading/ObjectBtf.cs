using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;

namespace Sockmap.Bpf.Loading;

/// <summary>Completes an object's BTF with what the compiler leaves to the loader, so that the kernel takes it.</summary>
/// <remarks>
/// The compiler leaves sizes of data sections and offsets of global variables at 0, and externs in a form that
/// the kernel refuses (kernel/bpf/btf.c: btf_datasec_check_meta, btf_var_check_meta, btf_func_check).
/// </remarks>
internal static class ObjectBtf
{
    public const string KernelSymbolsSection = ".ksyms";
    public const string KernelConfigSection = ".kconfig";

    private const uint ExternSize = 4;

    public static BtfSpec Complete(BtfSpec raw, ElfFile elf, IReadOnlyList<SettingSpec> settings)
    {
        BtfEditor editor = new(raw);
        HashSet<uint> settingIds = [.. settings.Select(s => s.VariableId)];
        Dictionary<string, ElfSymbol> symbols = new(StringComparer.Ordinal);
        foreach (ElfSymbol symbol in elf.Symbols)
        {
            if (symbol.Binding != ElfSymbolBinding.Local && symbol.Name.Length > 0)
            {
                symbols.TryAdd(symbol.Name, symbol);
            }
        }

        ExternTypes externs = new(raw, editor);
        foreach (BtfType type in raw.Types())
        {
            switch (type.Kind)
            {
                case BtfKind.DataSection when type.Name == KernelSymbolsSection:
                    CompleteExternSection(editor, raw, type, externs);
                    break;
                case BtfKind.DataSection when type.Name == KernelConfigSection && settings.Count == type.Count:
                    CompleteSettings(editor, type, settings);
                    break;
                case BtfKind.DataSection:
                    CompleteSection(editor, raw, type, elf, symbols);
                    break;
                case BtfKind.Variable when type.Linkage == BtfLinkage.Extern && settingIds.Contains(type.Id):
                    editor.SetExtra(type, 0, (uint)BtfLinkage.Global);
                    break;
                case BtfKind.Variable when type.Linkage == BtfLinkage.Extern:
                    editor.SetSizeOrTypeId(type, externs.IntId);
                    editor.SetExtra(type, 0, (uint)BtfLinkage.Global);
                    break;
                case BtfKind.Function when type.Linkage == BtfLinkage.Extern:
                    editor.SetInfo(type, BtfKind.Function, (int)BtfLinkage.Global);
                    NameParameters(editor, raw, type, externs);
                    break;
                case BtfKind.Function when type.Linkage == BtfLinkage.Global && symbols.TryGetValue(type.Name, out ElfSymbol? symbol) && symbol.IsHidden:
                    // Hidden functions are verified with their callers, as static ones are.
                    editor.SetInfo(type, BtfKind.Function, (int)BtfLinkage.Static);
                    break;
                default:
                    break;
            }
        }

        return editor.ToSpec();
    }

    private static void NameParameters(BtfEditor editor, BtfSpec raw, BtfType function, ExternTypes externs)
    {
        BtfType prototype = raw.TypeById(function.TypeId);
        if (prototype.Kind != BtfKind.FunctionPrototype)
        {
            throw new BpfFormatException(raw.Name, $"the BTF type of function '{function.Name}' is {prototype}, no prototype");
        }

        for (int i = 0; i < prototype.Count; i++)
        {
            BtfParameter parameter = prototype.GetParameter(i);
            if (parameter.TypeId != 0 && parameter.NameOffset == 0)
            {
                editor.SetExtra(prototype, i * 8, externs.DummyNameOffset);
            }
        }
    }

    /// <summary>Makes every extern of a section look like a variable of 4 bytes of its own.</summary>
    private static void CompleteExternSection(BtfEditor editor, BtfSpec raw, BtfType section, ExternTypes externs)
    {
        for (int i = 0; i < section.Count; i++)
        {
            if (raw.TypeById(section.GetVariable(i).TypeId).Kind != BtfKind.Variable)
            {
                editor.SetExtra(section, i * 12, externs.DummyVariableId);
            }

            editor.SetExtra(section, (i * 12) + 4, (uint)i * ExternSize);
            editor.SetExtra(section, (i * 12) + 8, ExternSize);
        }

        editor.SetSizeOrTypeId(section, (uint)section.Count * ExternSize);
    }

    private static void CompleteSettings(BtfEditor editor, BtfType section, IReadOnlyList<SettingSpec> settings)
    {
        for (int i = 0; i < settings.Count; i++)
        {
            editor.SetExtra(section, i * 12, settings[i].VariableId);
            editor.SetExtra(section, (i * 12) + 4, (uint)settings[i].Offset);
            editor.SetExtra(section, (i * 12) + 8, (uint)settings[i].Size);
        }

        editor.SetSizeOrTypeId(section, (uint)(settings[^1].Offset + settings[^1].Size));
    }

    private static void CompleteSection(BtfEditor editor, BtfSpec raw, BtfType section, ElfFile elf, Dictionary<string, ElfSymbol> symbols)
    {
        ElfSection? data = elf.FindSection(section.Name);
        bool isComplete = section.Size != 0;
        ulong size = isComplete ? section.Size : data?.Size ?? 0;
        if (size is 0 or > int.MaxValue)
        {
            throw new BpfFormatException(raw.Name, $"its BTF tells of a data section '{section.Name}', of which the file has {size} bytes");
        }

        editor.SetSizeOrTypeId(section, (uint)size);
        BtfSectionVariable[] variables = new BtfSectionVariable[section.Count];
        for (int i = 0; i < variables.Length; i++)
        {
            BtfSectionVariable variable = section.GetVariable(i);
            BtfType type = raw.TypeById(variable.TypeId);
            if (type.Kind != BtfKind.Variable)
            {
                throw new BpfFormatException(raw.Name, $"its BTF data section '{section.Name}' holds {type}, no variable");
            }

            if (type.Linkage == BtfLinkage.Global)
            {
                if (!symbols.TryGetValue(type.Name, out ElfSymbol? symbol) || symbol.SectionIndex != data?.Index)
                {
                    throw new BpfFormatException(raw.Name, $"its symbol table has no '{type.Name}' in section '{section.Name}', of which its BTF tells");
                }

                if (symbol.IsHidden)
                {
                    editor.SetExtra(type, 0, (uint)BtfLinkage.Static);
                }

                if (!isComplete)
                {
                    variable = variable with { Offset = (uint)Math.Min(symbol.Value, uint.MaxValue) };
                }
            }

            if (variable.Offset > size || variable.Size > size - variable.Offset)
            {
                throw new BpfFormatException(raw.Name, $"its variable '{type.Name}' has {variable.Size} bytes at byte {variable.Offset} of section '{section.Name}', which has {size}");
            }

            variables[i] = variable;
        }

        // The kernel wants them in the order of their places; the compiler writes them in any.
        Array.Sort(variables, (left, right) => left.Offset.CompareTo(right.Offset));
        for (int i = 0; i < variables.Length; i++)
        {
            editor.SetExtra(section, i * 12, variables[i].TypeId);
            editor.SetExtra(section, (i * 12) + 4, variables[i].Offset);
            editor.SetExtra(section, (i * 12) + 8, variables[i].Size);
        }
    }

    /// <summary>Types that stand in for externs, made when first needed.</summary>
    private sealed class ExternTypes(BtfSpec raw, BtfEditor editor)
    {
        private uint _intId;
        private uint _dummyNameOffset;
        private uint _dummyVariableId;

        public uint IntId
        {
            get
            {
                if (_intId == 0)
                {
                    BtfType existing = raw.Types().FirstOrDefault(t => t.Kind == BtfKind.Int && t.Size == 4 && t.IntOffset == 0);
                    _intId = existing.Spec is not null ? existing.Id : editor.AddInt("int", 4, true);
                }

                return _intId;
            }
        }

        public uint DummyNameOffset => _dummyNameOffset != 0 ? _dummyNameOffset : _dummyNameOffset = editor.AddString("dummy_ksym");

        public uint DummyVariableId => _dummyVariableId != 0 ? _dummyVariableId : _dummyVariableId = editor.AddVariable(DummyNameOffset, IntId);
    }
}
