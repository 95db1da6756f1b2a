using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>Reads which settings of the kernel an object asks for, and gives each its place in one map.</summary>
/// <remarks>Which types may ask for a setting is libbpf's rule (find_kcfg_type in src/libbpf.c).</remarks>
internal static class SettingReader
{
    private const string TristateName = "libbpf_tristate";

    // Far more than all of a kernel's settings together.
    private const int MaxSize = 1 << 20;

    public static List<SettingSpec> Read(BtfSpec btf, IReadOnlySet<string> weak)
    {
        if (!btf.TryFind(ObjectBtf.KernelConfigSection, BtfKind.DataSection, out BtfType section))
        {
            return [];
        }

        List<SettingSpec> settings = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < section.Count; i++)
        {
            BtfType variable = btf.TypeById(section.GetVariable(i).TypeId);
            if (variable.Kind != BtfKind.Variable || !names.Add(variable.Name))
            {
                throw new BpfFormatException(btf.Name, $"its BTF section '{section.Name}' holds {variable}, which is no variable or is there twice");
            }

            (SettingKind kind, bool isSigned) = KindOf(btf, variable);
            settings.Add(new SettingSpec(variable.Name, variable.Id, kind, (int)btf.SizeOf(variable.TypeId), isSigned, weak.Contains(variable.Name), 0));
        }

        // Numbers first, largest first: so each is aligned without a gap.
        int offset = 0;
        SettingSpec[] ordered = [.. settings.OrderBy(s => s.Kind == SettingKind.Text).ThenByDescending(s => s.Size).ThenBy(s => s.Name, StringComparer.Ordinal)];
        for (int i = 0; i < ordered.Length; i++)
        {
            ordered[i] = ordered[i] with { Offset = offset };
            if (ordered[i].Size > MaxSize - offset)
            {
                throw new BpfFormatException(btf.Name, $"its settings of the kernel take more than {MaxSize} bytes");
            }

            offset += ordered[i].Size;
        }

        return [.. ordered];
    }

    private static (SettingKind Kind, bool IsSigned) KindOf(BtfSpec btf, BtfType variable)
    {
        BtfType type = btf.Resolve(variable.TypeId);
        switch (type.Kind)
        {
            case BtfKind.Int when (type.IntEncoding & BtfType.BooleanEncoding) != 0 && type.Size == 1:
                return (SettingKind.Boolean, false);
            case BtfKind.Int when IsCharacter(type):
                return (SettingKind.Character, type.IsSigned);
            case BtfKind.Int when type.Size is 2 or 4 or 8 && (type.IntEncoding & BtfType.BooleanEncoding) == 0:
                return (SettingKind.Integer, type.IsSigned);
            case BtfKind.Enum or BtfKind.Enum64 when type.Name == TristateName && type.Size is 4 or 8:
                return (SettingKind.Tristate, false);
            case BtfKind.Array when type.Array.Count > 0 && btf.Resolve(type.Array.ElementTypeId) is { Kind: BtfKind.Int } element && IsCharacter(element):
                return (SettingKind.Text, false);
            default:
                throw new BpfFormatException(btf.Name, $"its setting '{variable.Name}' (__kconfig) is declared as {type}; declare it as bool, an integer, enum {TristateName} or an array of char");
        }
    }

    private static bool IsCharacter(BtfType type) => type.Size == 1 && (type.IntEncoding & BtfType.BooleanEncoding) == 0;
}
