using System.Buffers.Binary;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;

namespace Sockmap.Bpf.Loading;

/// <summary>Makes map specs from <c>SEC("maps")</c>, the way maps were defined before BTF.</summary>
/// <remarks>
/// A definition is five 32-bit numbers (type, key size, value size, entries, flags). Other loaders know longer ones
/// (iproute2's <c>struct bpf_elf_map</c>, <c>samples/bpf</c>); what they add is only taken where it is zero.
/// </remarks>
internal static class LegacyMapReader
{
    public const string SectionName = "maps";

    private const int DefinitionSize = 5 * sizeof(uint);

    // What iproute2 puts behind the five numbers (include/bpf_elf.h).
    private const string Iproute2Definition = "bpf_elf_map";

    public static Dictionary<ulong, MapSpec> Read(ElfFile elf, ElfSection section, BtfSpec? btf)
    {
        Dictionary<ulong, MapSpec> maps = [];
        ElfSymbol[] symbols = [.. elf.Symbols
            .Where(s => s.SectionIndex == section.Index && s.Type is ElfSymbolType.Object or ElfSymbolType.None && s.Name.Length > 0)
            .OrderBy(s => s.Value)];
        for (int i = 0; i < symbols.Length; i++)
        {
            ElfSymbol symbol = symbols[i];
            ulong end = i + 1 < symbols.Length ? symbols[i + 1].Value : (ulong)section.Data.Length;
            ulong size = symbol.Size != 0 ? symbol.Size : end - Math.Min(symbol.Value, end);
            if (symbol.Value >= (ulong)section.Data.Length || size > (ulong)section.Data.Length - symbol.Value)
            {
                throw Fault(elf, $"map '{symbol.Name}' has {size} bytes at byte {symbol.Value} of section '{SectionName}', which has {section.Data.Length}");
            }

            MapSpec map = ReadDefinition(elf, symbol, section.Data.Span.Slice((int)symbol.Value, (int)size), btf);
            if (!maps.TryAdd(symbol.Value, map))
            {
                throw Fault(elf, $"its maps '{maps[symbol.Value].Name}' and '{symbol.Name}' are at the same place");
            }
        }

        return maps;
    }

    private static MapSpec ReadDefinition(ElfFile elf, ElfSymbol symbol, ReadOnlySpan<byte> definition, BtfSpec? btf)
    {
        if (definition.Length < DefinitionSize)
        {
            throw Fault(elf, $"map '{symbol.Name}' is defined by {definition.Length} bytes; a definition in SEC(\"maps\") has at least {DefinitionSize}");
        }

        if (definition[DefinitionSize..].ContainsAnyExcept((byte)0))
        {
            string? type = DefinitionType(btf, symbol.Name);
            string what = type == Iproute2Definition
                ? "iproute2's struct bpf_elf_map with an id, pinning or inner map"
                : $"{(type is null ? "numbers" : $"numbers of struct {type}")} behind the flags (iproute2's id and pinning, or inner maps and a NUMA node)";
            throw Fault(elf, $"map '{symbol.Name}' is defined in SEC(\"maps\") with {what}, which is not supported; define it in SEC(\".maps\") with __uint and __type");
        }

        MapSpec map = new(symbol.Name)
        {
            Type = (BpfMapType)Number(definition, 0),
            KeySize = Number(definition, 1),
            ValueSize = Number(definition, 2),
            MaxEntries = Number(definition, 3),
            Flags = Number(definition, 4),
        };
        if (map.Type == BpfMapType.Unspec)
        {
            throw Fault(elf, $"map '{symbol.Name}' has no type");
        }

        if (btf is not null && MapSpecReader.TakesTypes(map.Type))
        {
            ReadAnnotation(btf, map);
        }

        return map;
    }

    /// <summary>BPF_ANNOTATE_KV_PAIR of old headers tells the types of key and value by a struct of that name.</summary>
    private static void ReadAnnotation(BtfSpec btf, MapSpec map)
    {
        if (!btf.TryFind("____btf_map_" + map.Name, BtfKind.Struct, out BtfType pair) || pair.Count != 2)
        {
            return;
        }

        (uint key, uint value) = (pair.GetMember(0).TypeId, pair.GetMember(1).TypeId);
        if (btf.SizeOf(key) == map.KeySize && btf.SizeOf(value) == map.ValueSize)
        {
            (map.KeyTypeId, map.ValueTypeId) = (key, value);
        }
    }

    private static string? DefinitionType(BtfSpec? btf, string map)
    {
        if (btf is null || !btf.TryFind(map, BtfKind.Variable, out BtfType variable))
        {
            return null;
        }

        string name = btf.Resolve(variable.TypeId).Name;
        return name.Length == 0 ? null : name;
    }

    private static uint Number(ReadOnlySpan<byte> definition, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(definition[(index * sizeof(uint))..]);

    private static BpfFormatException Fault(ElfFile elf, string fault) => new(elf.Name, fault);
}
