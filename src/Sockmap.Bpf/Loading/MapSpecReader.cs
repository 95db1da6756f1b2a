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

    public static MapSpec ReadDefinition(BtfSpec btf, BtfSectionVariable place)
    {
        BtfType variable = btf.TypeById(place.TypeId);
        string name = variable.Name;
        BtfType definition = btf.Resolve(variable.TypeId);
        if (definition.Kind != BtfKind.Struct || name.Length == 0)
        {
            throw new BpfFormatException(btf.Name, $"map '{name}' is defined by {definition}, not by a struct");
        }

        return ReadDefinition(btf, name, definition, isInner: false);
    }

    /// <summary>Whether a section is global data that becomes a map.</summary>
    public static bool IsData(ElfSection section) =>
        section.IsAllocated
        && section.Size != 0
        && section.Type is ElfSectionType.ProgramBits or ElfSectionType.NoBits
        && (IsNamed(section.Name, ".rodata") || IsNamed(section.Name, ".data") || IsNamed(section.Name, ".bss"));

    public static MapSpec ReadData(ElfSection section, string name, BtfSpec? btf)
    {
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

    /// <summary>The map that holds the kernel's settings; the one that loads it fills it.</summary>
    public static MapSpec MakeSettings(string name, int size, BtfSpec btf) => new(name)
    {
        DataSection = ObjectBtf.KernelConfigSection,
        Type = BpfMapType.Array,
        KeySize = sizeof(int),
        ValueSize = (uint)size,
        MaxEntries = 1,
        Flags = ReadOnlyForPrograms | Mappable,
        ValueTypeId = btf.TryFind(ObjectBtf.KernelConfigSection, BtfKind.DataSection, out BtfType type) ? type.Id : 0,
        InitialContents = new byte[size],
        Frozen = true,
    };

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

    private static MapSpec ReadDefinition(BtfSpec btf, string name, BtfType definition, bool isInner)
    {
        MapSpec map = new(name);
        uint? keyTypeSize = null;
        uint? valueTypeSize = null;
        BtfMember? values = null;
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
                case "pinning" when !isInner:
                    map.PinByName = ReadPinning(btf, member, name);
                    break;
                case "values" when !isInner:
                    values = member;
                    break;
                case "pinning" or "values":
                    throw new BpfFormatException(btf.Name, $"the inner map of map '{name}' has the member '{field}', which only a map of its own can have");
                default:
                    throw new BpfFormatException(btf.Name, $"map '{name}' has the unknown member '{field}'");
            }
        }

        map.KeySize = Agree(btf, name, "key", map.KeySize, keyTypeSize);
        map.ValueSize = Agree(btf, name, "value", map.ValueSize, valueTypeSize);
        if (map.Type == BpfMapType.Unspec)
        {
            throw new BpfFormatException(btf.Name, $"{(isInner ? "the inner map of " : "")}map '{name}' has no type");
        }

        if (values is { } found)
        {
            ReadValues(btf, map, found);
        }

        if (!TakesTypes(map.Type))
        {
            map.KeyTypeId = 0;
            map.ValueTypeId = 0;
        }

        return map;
    }

    private static bool ReadPinning(BtfSpec btf, BtfMember member, string name) => Number(btf, member, name, "pinning") switch
    {
        0 => false,
        1 => true,
        ulong other => throw new BpfFormatException(btf.Name, $"map '{name}' asks for the unknown pinning {other}; known are 0 (none) and 1 (by name)"),
    };

    /// <summary>The member <c>values</c> is an array of pointers: to maps like the inner one, or to programs.</summary>
    private static void ReadValues(BtfSpec btf, MapSpec map, BtfMember member)
    {
        if (!map.IsMapOfMaps && map.Type != BpfMapType.ProgArray)
        {
            throw new BpfFormatException(btf.Name, $"map '{map.Name}' of type {map.Type} has the member 'values', which only maps of maps and program arrays can have");
        }

        if (map.ValueSize is not (0 or sizeof(uint)))
        {
            throw new BpfFormatException(btf.Name, $"map '{map.Name}' has values of {map.ValueSize} bytes; those of a map of maps or a program array have {sizeof(uint)}");
        }

        BtfType array = btf.Resolve(member.TypeId);
        BtfType pointer = array.Kind == BtfKind.Array ? btf.Resolve(array.Array.ElementTypeId) : default;
        BtfType target = array.Kind == BtfKind.Array && pointer.Kind == BtfKind.Pointer ? btf.Resolve(pointer.TypeId) : default;
        BtfKind expected = map.IsMapOfMaps ? BtfKind.Struct : BtfKind.FunctionPrototype;
        if (target.Kind != expected || member.BitOffset % 8 != 0)
        {
            throw new BpfFormatException(btf.Name, $"map '{map.Name}' has a member 'values' that is no array of pointers to {(map.IsMapOfMaps ? "maps; write __array(values, struct ...)" : "programs; write __array(values, int (void *))")}");
        }

        map.ValueSize = sizeof(uint);
        map.ValuesOffset = member.BitOffset / 8;
        map.InnerMap = map.IsMapOfMaps ? ReadDefinition(btf, map.Name + ".inner", target, isInner: true) : null;
    }

    // The kernel refuses types for these (map_check_no_btf and the map types' own checks, kernel/bpf).
    internal static bool TakesTypes(BpfMapType type) => type is not (BpfMapType.PerfEventArray or BpfMapType.CgroupArray
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
