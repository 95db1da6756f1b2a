namespace Sockmap.Bpf.Btf;

/// <summary>Writes BTF for kernels that do not take all of its kinds.</summary>
/// <remarks>
/// Each kind is replaced by an older one of the same length, so that ids and places stay. Which one stands for which
/// is libbpf's choice (bpf_object__sanitize_btf), tried on all kernels since 4.18.
/// </remarks>
internal static class BtfDowngrade
{
    public static ReadOnlyMemory<byte> Encode(BtfSpec btf, BtfCapabilities kernel)
    {
        if (kernel == BtfCapabilities.All)
        {
            return btf.Blob;
        }

        BtfEditor editor = new(btf);
        uint placeholder = 0;
        uint parameterName = 0;
        foreach (BtfType type in btf.Types())
        {
            switch (type.Kind)
            {
                case BtfKind.Variable when !kernel.DataSections:
                case BtfKind.DeclarationTag when !kernel.DeclarationTags:
                    // One byte: a larger integer might not fit in the space of the variable.
                    editor.SetInfo(type, BtfKind.Int);
                    editor.SetSizeOrTypeId(type, 1);
                    editor.SetExtra(type, 0, 8);
                    break;
                case BtfKind.DataSection when !kernel.DataSections:
                    SectionToStruct(editor, btf, type);
                    break;
                case BtfKind.FunctionPrototype when !kernel.Functions:
                    PrototypeToEnum(editor, type, ref parameterName);
                    break;
                case BtfKind.Function when !kernel.Functions:
                    editor.SetInfo(type, BtfKind.Typedef);
                    break;
                case BtfKind.Function when !kernel.GlobalFunctions:
                    editor.SetInfo(type, BtfKind.Function, (int)BtfLinkage.Static);
                    break;
                case BtfKind.Float when !kernel.Floats:
                    editor.SetName(type, 0);
                    editor.SetInfo(type, BtfKind.Struct);
                    break;
                case BtfKind.TypeTag when !kernel.TypeTags:
                    editor.SetName(type, 0);
                    editor.SetInfo(type, BtfKind.Const);
                    break;
                case BtfKind.Enum when !kernel.Enum64:
                    editor.SetInfo(type, BtfKind.Enum, type.Count);
                    break;
                case BtfKind.Enum64 when !kernel.Enum64:
                    placeholder = placeholder == 0 ? editor.AddInt("enum64_placeholder", 1, false) : placeholder;
                    editor.SetInfo(type, BtfKind.Union, type.Count);
                    for (int i = 0; i < type.Count; i++)
                    {
                        editor.SetExtra(type, (i * 12) + 4, placeholder);
                        editor.SetExtra(type, (i * 12) + 8, 0);
                    }

                    break;
                default:
                    break;
            }
        }

        return editor.Encode();
    }

    private static void PrototypeToEnum(BtfEditor editor, BtfType type, ref uint parameterName)
    {
        editor.SetInfo(type, BtfKind.Enum, type.Count);
        editor.SetSizeOrTypeId(type, 4);
        for (int i = 0; i < type.Count; i++)
        {
            // A parameter needs no name, an enumeration's value does.
            if (type.GetParameter(i).NameOffset == 0)
            {
                parameterName = parameterName == 0 ? editor.AddString("parameter") : parameterName;
                editor.SetExtra(type, i * 8, parameterName);
            }
        }
    }

    private static void SectionToStruct(BtfEditor editor, BtfSpec btf, BtfType type)
    {
        // A struct's name may not hold the dot of a section's name.
        editor.SetName(type, editor.AddString(type.Name.Replace('.', '_')));
        editor.SetInfo(type, BtfKind.Struct, type.Count);
        for (int i = 0; i < type.Count; i++)
        {
            BtfSectionVariable variable = type.GetVariable(i);
            editor.SetExtra(type, i * 12, btf.TypeById(variable.TypeId).NameOffset);
            editor.SetExtra(type, (i * 12) + 4, variable.TypeId);
            editor.SetExtra(type, (i * 12) + 8, variable.Offset * 8);
        }
    }
}
