using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;

namespace Sockmap.Bpf.Loading;

/// <summary>Makes map specs from the BTF of <c>.maps</c> and from data sections.</summary>
/// <remarks>The meaning of the members is libbpf's (tools/lib/bpf/bpf_helpers.h: __uint, __type, __ulong).</remarks>
internal static class MapSpecReader
{
    private const int KernelNameLength = 15;
    private const int ShortestSuffix = 7;
    private const uint ReadOnlyForPrograms = 1 << 7;
    private const uint Mappable = 1 << 10;
    private const ulong MaxDataSize = 64 << 20;

    public static MapSpec ReadDefinition(BtfSpec btf, BtfSectionVariable place)
    {
        BtfType variable = btf.TypeById(place.TypeId);
        string name = variable.Name;
        BtfType definition = btf.Resolve(variable.TypeId);
        if (definition.Kind != BtfKind.Struct || name.Length == 0)
        {
            throw new BpfFormatException(btf.Name, $"map '{name}' is defined by {definition}, not by a struct");
        }

        MapSpec map = new(name) { SectionOffset = place.Offset };
        uint? keyTypeSize = null;
        uint? valueTypeSize = null;
        for (int i = 0; i < definition.Count; i++)
        {
            BtfMember member = definition.GetMember(i);
            string field = btf.StringAt(member.NameOffset);
            switch (field)
            {
                case "type":
                    map.Type = (BpfMapType)Number(btf, member, name, field);
                    break;
                case "max_entries":
                    map.MaxEntries = (uint)Number(btf, member, name, field);
                    break;
                case "map_flags":
                    map.Flags = (uint)Number(btf, member, name, field);
                    break;
                case "numa_node":
                    map.NumaNode = (uint)Number(btf, member, name, field);
                    break;
                case "map_extra":
                    map.Extra = Number(btf, member, name, field);
                    break;
                case "key_size":
                    map.KeySize = (uint)Number(btf, member, name, field);
                    break;
                case "value_size":
                    map.ValueSize = (uint)Number(btf, member, name, field);
                    break;
                case "key":
                    map.KeyTypeId = Pointee(btf, member, name, field);
                    keyTypeSize = btf.SizeOf(map.KeyTypeId);
                    break;
                case "value":
                    map.ValueTypeId = Pointee(btf, member, name, field);
                    valueTypeSize = btf.SizeOf(map.ValueTypeId);
                    break;
                case "pinning":
                    ulong pinning = Number(btf, member, name, field);
                    map.PinByName = pinning switch
                    {
                        0 => false,
                        1 => true,
                        _ => throw new BpfFormatException(btf.Name, $"map '{name}' asks for the unknown pinning {pinning}; known are 0 (none) and 1 (by name)"),
                    };
                    break;
                case "values":
                    throw new BpfFormatException(btf.Name, $"map '{name}' has 'values': maps in maps and programs as initial values are not supported; fill the map after loading");
                default:
                    throw new BpfFormatException(btf.Name, $"map '{name}' has the unknown member '{field}'");
            }
        }

        map.KeySize = Agree(btf, name, "key", map.KeySize, keyTypeSize);
        map.ValueSize = Agree(btf, name, "value", map.ValueSize, valueTypeSize);
        if (map.Type == BpfMapType.Unspec)
        {
            throw new BpfFormatException(btf.Name, $"map '{name}' has no type");
        }

        if (!TakesTypes(map.Type))
        {
            map.KeyTypeId = 0;
            map.ValueTypeId = 0;
        }

        return map;
    }

    /// <summary>Whether a section is global data that becomes a map.</summary>
    public static bool IsData(ElfSection section) =>
        section.IsAllocated
        && section.Size != 0
        && section.Type is ElfSectionType.ProgramBits or ElfSectionType.NoBits
        && (IsNamed(section.Name, ".rodata") || IsNamed(section.Name, ".data") || IsNamed(section.Name, ".bss"));

    public static MapSpec ReadData(ElfSection section, string name, BtfSpec? btf, string objectName)
    {
        if (section.Size > MaxDataSize)
        {
            throw new BpfFormatException(objectName, $"section '{section.Name}' has {section.Size} bytes of global data, more than {MaxDataSize}");
        }

        bool isReadOnly = IsNamed(section.Name, ".rodata");
        BtfType type = default;
        bool hasType = btf?.TryFind(section.Name, BtfKind.DataSection, out type) == true;
        bool hasGlobal = hasType && Enumerable.Range(0, type.Count).Any(i => btf!.TypeById(type.GetVariable(i).TypeId).Linkage == BtfLinkage.Global);
        byte[] contents = new byte[section.Size];
        section.Data.CopyTo(contents);
        return new MapSpec(name)
        {
            DataSection = section.Name,
            Type = BpfMapType.Array,
            KeySize = sizeof(int),
            ValueSize = (uint)section.Size,
            MaxEntries = 1,
            Flags = (isReadOnly ? ReadOnlyForPrograms : 0) | (hasGlobal ? Mappable : 0),
            ValueTypeId = hasType ? type.Id : 0,
            InitialContents = contents,
            Frozen = isReadOnly,
        };
    }

    /// <summary>The name that libbpf gives to the map of a data section: as much of the object's name as 15 characters allow, then the section's.</summary>
    public static string DataMapName(string objectName, string sectionName)
    {
        int suffix = Math.Min(Math.Max(ShortestSuffix, sectionName.Length), KernelNameLength);
        int prefix = sectionName.IndexOf('.', 1) >= 0 ? 0 : Math.Min(KernelNameLength - suffix, objectName.Length);
        string name = objectName[..prefix] + sectionName[..Math.Min(suffix, sectionName.Length)];
        return string.Create(name.Length, name, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(source[i]) || source[i] is '_' or '.' ? source[i] : '_';
            }
        });
    }

    private static bool IsNamed(string name, string family) =>
        name.StartsWith(family, StringComparison.Ordinal) && (name.Length == family.Length || name[family.Length] == '.');

    // The kernel refuses types for these (map_check_no_btf and the map types' own checks, kernel/bpf).
    private static bool TakesTypes(BpfMapType type) => type is not (BpfMapType.PerfEventArray or BpfMapType.CgroupArray
        or BpfMapType.StackTrace or BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps or BpfMapType.DevMap or BpfMapType.DevMapHash
        or BpfMapType.CpuMap or BpfMapType.XskMap or BpfMapType.SockMap or BpfMapType.SockHash or BpfMapType.Queue or BpfMapType.Stack);

    private static uint Agree(BtfSpec btf, string map, string what, uint size, uint? typeSize)
    {
        if (typeSize is uint fromType && size != 0 && size != fromType)
        {
            throw new BpfFormatException(btf.Name, $"map '{map}' gives its {what} a size of {size} bytes and a type of {fromType}");
        }

        return typeSize ?? size;
    }

    /// <summary>A number is written as the length of an array behind a pointer, or as an enumeration's one value.</summary>
    private static ulong Number(BtfSpec btf, BtfMember member, string map, string field)
    {
        BtfType type = btf.Resolve(member.TypeId);
        if (type.IsEnum && type.Count == 1)
        {
            return type.GetEnumerator(0).Value;
        }

        BtfType array = type.Kind == BtfKind.Pointer ? btf.Resolve(type.TypeId) : type;
        return type.Kind == BtfKind.Pointer && array.Kind == BtfKind.Array
            ? array.Array.Count
            : throw new BpfFormatException(btf.Name, $"map '{map}' has a member '{field}' that holds no number; write __uint({field}, ...)");
    }

    private static uint Pointee(BtfSpec btf, BtfMember member, string map, string field)
    {
        BtfType type = btf.Resolve(member.TypeId);
        return type.Kind == BtfKind.Pointer && type.TypeId != 0
            ? type.TypeId
            : throw new BpfFormatException(btf.Name, $"map '{map}' has a member '{field}' that holds no type; write __type({field}, ...)");
    }
}
