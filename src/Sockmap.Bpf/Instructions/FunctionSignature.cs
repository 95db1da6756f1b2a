using System.Globalization;
using System.Text;
using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Instructions;

/// <summary>Declarations of functions in one line, as bpftool writes them.</summary>
internal static class FunctionSignature
{
    private const int MostDepth = 32;

    /// <summary>The declaration of a function, or null when the type is none or is damaged.</summary>
    internal static string? Format(BtfSpec spec, uint typeId)
    {
        try
        {
            BtfType function = spec.TypeById(typeId);
            if (function.Kind != BtfKind.Function)
            {
                return null;
            }

            StringBuilder text = new();
            Write(text, spec, spec.TypeById(function.TypeId), function.Name, 0);
            return text.ToString();
        }
        catch (BpfFormatException)
        {
            return null;
        }
    }

    private static void Write(StringBuilder text, BtfSpec spec, BtfType prototype, string name, int depth)
    {
        WriteType(text, spec, prototype.TypeId, depth);
        text.Append(name).Append('(');
        for (int i = 0; i < prototype.Count; i++)
        {
            if (i > 0)
            {
                text.Append(", ");
            }

            BtfParameter parameter = prototype.GetParameter(i);
            if (parameter.TypeId == 0)
            {
                text.Append("...");
                continue;
            }

            WriteType(text, spec, parameter.TypeId, depth);
            if (parameter.NameOffset != 0)
            {
                text.Append(spec.StringAt(parameter.NameOffset));
            }
            else if (text[^1] == ' ')
            {
                text.Length--;
            }
        }

        text.Append(')');
    }

    private static void WriteType(StringBuilder text, BtfSpec spec, uint typeId, int depth)
    {
        if (depth > MostDepth)
        {
            throw new BpfFormatException(spec.Name, $"its BTF type {typeId} is nested more than {MostDepth} deep");
        }

        BtfType type = spec.TypeById(typeId);
        switch (type.Kind)
        {
            case BtfKind.Void:
                text.Append("void ");
                break;
            case BtfKind.Int or BtfKind.Typedef or BtfKind.Float:
                text.Append(type.Name).Append(' ');
                break;
            case BtfKind.Struct:
                text.Append("struct ").Append(type.Name).Append(' ');
                break;
            case BtfKind.Union:
                text.Append("union ").Append(type.Name).Append(' ');
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                text.Append("enum ").Append(type.Name).Append(' ');
                break;
            case BtfKind.Forward:
                text.Append(type.KindFlag ? "union " : "struct ").Append(type.Name).Append(' ');
                break;
            case BtfKind.Array:
                WriteType(text, spec, type.Array.ElementTypeId, depth + 1);
                text.Append(CultureInfo.InvariantCulture, $"[{type.Array.Count}]");
                break;
            case BtfKind.Pointer:
                WriteType(text, spec, type.TypeId, depth + 1);
                text.Append("* ");
                break;
            case BtfKind.FunctionPrototype:
                Write(text, spec, type, "", depth + 1);
                break;
            case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict:
                text.Append(type.Kind switch
                {
                    BtfKind.Const => "const ",
                    BtfKind.Volatile => "volatile ",
                    _ => "restrict ",
                });
                WriteType(text, spec, type.TypeId, depth + 1);
                break;
            default:
                if (!type.IsModifierOrTypedef)
                {
                    throw new BpfFormatException(spec.Name, $"its BTF type {type} is no type of a parameter");
                }

                WriteType(text, spec, type.TypeId, depth + 1);
                break;
        }
    }
}
