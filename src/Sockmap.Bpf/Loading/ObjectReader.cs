using System.Buffers.Binary;
using System.Text;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;
using Sockmap.Bpf.Instructions;

namespace Sockmap.Bpf.Loading;

/// <summary>Puts an <see cref="ObjectSpec"/> together from the parts of an ELF file.</summary>
internal sealed class ObjectReader
{
    private const string MapsSectionName = ".maps";
    private const int PointerSize = 8;
    private const ulong MaxDataSize = 64 << 20;

    private readonly ElfFile _elf;
    private readonly string _source;
    private readonly string _name;

    public ObjectReader(ReadOnlyMemory<byte> file, string source)
    {
        _source = source;
        string fileName = Path.GetFileName(source);
        int dot = fileName.IndexOf('.', StringComparison.Ordinal);
        _name = dot > 0 ? fileName[..dot] : fileName;
        _elf = ElfFile.Parse(file, source);
    }

    public ObjectSpec Read()
    {
        RefuseSections();
        BtfSpec? raw = _elf.FindSection(".BTF") is { Size: > 0 } section ? BtfSpec.Parse(section.Data, _source) : null;
        List<SettingSpec> settings = raw is null ? [] : SettingReader.Read(raw, WeakExterns);
        BtfSpec? btf = raw is null ? null : ObjectBtf.Complete(raw, _elf, settings);
        BtfExt? ext = raw is not null && _elf.FindSection(".BTF.ext") is { Size: > 0 } extSection ? BtfExt.Parse(extSection.Data, raw) : null;

        Dictionary<int, CodeSection> code = ReadCode(ext);
        Dictionary<string, ProgramSpec> programs = ReadPrograms(code);
        Dictionary<string, MapSpec> maps = new(StringComparer.Ordinal);
        Dictionary<int, IReadOnlyDictionary<ulong, MapSpec>> defined = ReadMaps(btf, maps, code);
        AddMaps(maps, StructOpsReader.Read(_elf, btf, _source, (map, symbol, addend) => ProgramAt(map, symbol, code, addend)));
        Dictionary<int, MapSpec> dataMaps = ReadData(btf, maps, out Dictionary<int, ulong[]> pointers);
        ObjectContents contents = new()
        {
            Source = _source,
            RawBtf = raw,
            Code = code,
            DefinedMaps = defined,
            DataMaps = dataMaps,
            Pointers = pointers,
            Settings = settings.ToDictionary(s => s.Name, StringComparer.Ordinal),
            SettingsMap = AddSettings(btf, settings, maps),
            Externs = ReadExterns(raw),
        };
        return new ObjectSpec(_name, ReadLicense(), btf, programs, maps, ReadVariables(btf, dataMaps), contents);
    }

    private HashSet<string> WeakExterns =>
        new(_elf.Symbols.Where(s => s.IsExtern && s.Binding == ElfSymbolBinding.Weak).Select(s => s.Name), StringComparer.Ordinal);

    /// <summary>Sections that would have to be made into something in the kernel that this library does not make.</summary>
    private void RefuseSections()
    {
        foreach (ElfSection section in _elf.Sections.Where(s => s.IsAllocated && s.Size != 0))
        {
            string? what = section.Name switch
            {
                "?.struct_ops" or "?.struct_ops.link" => "operations of the kernel that are implemented on request only; leave the '?' out",
                ".addr_space.1" => "global variables in an arena",
                ".jumptables" => "jump tables; compile with -fno-jump-tables",
                _ => section.Name.StartsWith("maps/", StringComparison.Ordinal) ? "maps defined in a section each, as gobpf does; define them in SEC(\".maps\") with __uint and __type" : null,
            };
            if (what is not null)
            {
                throw Fault($"it has a section '{section.Name}' with {what}, which is not supported");
            }
        }
    }

    private string ReadLicense()
    {
        if (_elf.FindSection("license") is not { } section)
        {
            return string.Empty;
        }

        ReadOnlySpan<byte> text = section.Data.Span;
        int end = text.IndexOf((byte)0);
        return end >= 0 && end < 128
            ? Encoding.UTF8.GetString(text[..end])
            : throw Fault("the text in its section 'license' does not end within 128 bytes");
    }

    private Dictionary<int, CodeSection> ReadCode(BtfExt? ext)
    {
        ILookup<int, ElfSymbol> functions = _elf.Symbols.Where(s => s.Type == ElfSymbolType.Function).ToLookup(s => s.SectionIndex);
        Dictionary<int, CodeSection> sections = [];
        foreach (ElfSection section in _elf.Sections)
        {
            if (!section.IsCode || section.Size == 0)
            {
                continue;
            }

            if (section.Size % BpfInstruction.Size != 0)
            {
                throw Fault($"section '{section.Name}' has {section.Size} bytes, which are no whole number of instructions");
            }

            CodeSection code = new()
            {
                Section = section,
                Functions = [],
                Relocations = ReadRelocations(section),
                CoreRelocations = ReadCoreRelocations(section, ext),
                FunctionRecords = ext?.Functions.GetValueOrDefault(section.Name),
                LineRecords = ext?.Lines.GetValueOrDefault(section.Name),
            };
            foreach (ElfSymbol symbol in functions[section.Index])
            {
                AddFunction(code, symbol);
            }

            sections.Add(section.Index, code);
        }

        return sections;
    }

    private Dictionary<int, ElfRelocation> ReadRelocations(ElfSection section)
    {
        Dictionary<int, ElfRelocation> relocations = [];
        foreach (ElfRelocation relocation in _elf.RelocationsOf(section))
        {
            if (relocation.Offset % BpfInstruction.Size != 0 || !relocations.TryAdd((int)(relocation.Offset / BpfInstruction.Size), relocation))
            {
                throw Fault($"the relocation of byte {relocation.Offset} of section '{section.Name}' is not the only one of a whole instruction");
            }
        }

        return relocations;
    }

    private CoreRelocation[] ReadCoreRelocations(ElfSection section, BtfExt? ext)
    {
        if (ext is null || !ext.CoreRelocations.TryGetValue(section.Name, out IReadOnlyList<CoreRelocation>? found))
        {
            return [];
        }

        foreach (CoreRelocation relocation in found)
        {
            if (relocation.InstructionOffset % BpfInstruction.Size != 0 || relocation.InstructionOffset >= section.Size)
            {
                throw Fault($"a CO-RE relocation is for byte {relocation.InstructionOffset} of section '{section.Name}', which has {section.Size}");
            }
        }

        return [.. found.OrderBy(r => r.InstructionOffset)];
    }

    private void AddFunction(CodeSection code, ElfSymbol symbol)
    {
        ulong size = code.Section.Size;
        if (symbol.Value % BpfInstruction.Size != 0 || symbol.Size % BpfInstruction.Size != 0 || symbol.Size == 0
            || symbol.Value >= size || symbol.Size > size - symbol.Value)
        {
            throw Fault($"function '{symbol.Name}' has {symbol.Size} bytes at byte {symbol.Value} of section '{code.Section.Name}', which has {size}");
        }

        int start = (int)(symbol.Value / BpfInstruction.Size);
        FunctionSpec function = new(symbol.Name, code, start, (int)(symbol.Size / BpfInstruction.Size), symbol.Binding == ElfSymbolBinding.Local);
        if (!code.Functions.TryAdd(start, function))
        {
            throw Fault($"functions '{code.Functions[start].Name}' and '{symbol.Name}' are at the same place");
        }
    }

    private Dictionary<string, ProgramSpec> ReadPrograms(Dictionary<int, CodeSection> code)
    {
        Dictionary<string, ProgramSpec> programs = new(StringComparer.Ordinal);
        foreach (CodeSection section in code.Values.Where(c => c.IsProgramSection))
        {
            bool loadByDefault = !section.Section.Name.StartsWith('?');
            string sectionName = loadByDefault ? section.Section.Name : section.Section.Name[1..];
            ProgramSection? known = ProgramSections.Find(sectionName, out string? target);
            foreach (FunctionSpec function in section.Functions.Values.Where(f => !f.IsLocal))
            {
                ProgramSpec program = new(function.Name, sectionName, function)
                {
                    Type = known?.Type ?? BpfProgramType.Unspec,
                    ExpectedAttachType = known?.AttachType,
                    Flags = known?.Flags ?? 0,
                    NeedsAttachTypeId = known?.NeedsAttachTypeId ?? false,
                    AttachTarget = target,
                    LoadByDefault = loadByDefault,
                };
                if (!programs.TryAdd(function.Name, program))
                {
                    throw Fault($"it has two programs named '{function.Name}'");
                }
            }
        }

        return programs;
    }

    private Dictionary<int, IReadOnlyDictionary<ulong, MapSpec>> ReadMaps(BtfSpec? btf, Dictionary<string, MapSpec> maps, Dictionary<int, CodeSection> code)
    {
        Dictionary<int, IReadOnlyDictionary<ulong, MapSpec>> sections = [];
        if (_elf.FindSection(LegacyMapReader.SectionName) is { Size: > 0 } legacy)
        {
            Dictionary<ulong, MapSpec> found = LegacyMapReader.Read(_elf, legacy, btf);
            sections.Add(legacy.Index, found);
            AddMaps(maps, found.Values);
        }

        if (_elf.FindSection(MapsSectionName) is { Size: > 0 } section)
        {
            if (btf is null || !btf.TryFind(MapsSectionName, BtfKind.DataSection, out BtfType types))
            {
                throw Fault("it defines maps, but has no BTF that describes them; compile with -g");
            }

            Dictionary<ulong, MapSpec> found = [];
            BtfSectionVariable[] places = [.. Enumerable.Range(0, types.Count).Select(types.GetVariable)];
            foreach (BtfSectionVariable place in places)
            {
                MapSpec map = MapSpecReader.ReadDefinition(btf, place);
                if (!found.TryAdd(place.Offset, map))
                {
                    throw Fault($"its map '{map.Name}' has the place of another");
                }
            }

            sections.Add(section.Index, found);
            AddMaps(maps, found.Values);
            ReadInitialValues(section, places, found, code);
        }

        return sections;
    }

    private void AddMaps(Dictionary<string, MapSpec> maps, IEnumerable<MapSpec> found)
    {
        foreach (MapSpec map in found)
        {
            if (!maps.TryAdd(map.Name, map))
            {
                throw Fault($"it has two maps named '{map.Name}'");
            }
        }
    }

    /// <summary>What stands in the <c>values</c> of a map is written as relocations of <c>.maps</c>.</summary>
    private void ReadInitialValues(ElfSection section, BtfSectionVariable[] places, Dictionary<ulong, MapSpec> maps, Dictionary<int, CodeSection> code)
    {
        // ObjectBtf has put the places in order.
        uint[] offsets = [.. places.Select(p => p.Offset)];
        Dictionary<MapSpec, SortedDictionary<uint, string>> values = [];
        foreach (ElfRelocation relocation in _elf.RelocationsOf(section))
        {
            int index = Array.BinarySearch(offsets, (uint)Math.Min(relocation.Offset, uint.MaxValue));
            index = index < 0 ? ~index - 1 : index;
            MapSpec? map = index < 0 ? null : maps[places[index].Offset];
            long within = index < 0 ? -1 : (long)relocation.Offset - places[index].Offset - (map!.ValuesOffset ?? uint.MaxValue);
            if (map is null || within < 0 || within % PointerSize != 0 || relocation.Offset + PointerSize > places[index].Offset + (ulong)places[index].Size
                || relocation.Offset + PointerSize > (ulong)section.Data.Length)
            {
                throw Fault($"a pointer to '{relocation.Symbol.Name}' is stored at byte {relocation.Offset} of section '{section.Name}', which is in no 'values' of a map");
            }

            if (map.Type == BpfMapType.HashOfMaps && map.KeySize != sizeof(uint))
            {
                throw Fault($"map '{map.Name}' has 'values', whose keys are numbers of {sizeof(uint)} bytes, but its keys have {map.KeySize}");
            }

            if (!values.TryGetValue(map, out SortedDictionary<uint, string>? slots))
            {
                values.Add(map, slots = []);
            }

            ulong addend = BinaryPrimitives.ReadUInt64LittleEndian(section.Data.Span[(int)relocation.Offset..]);
            slots[(uint)(within / PointerSize)] = map.IsMapOfMaps
                ? InnerMapAt(map, relocation.Symbol, section, maps, addend)
                : ProgramAt(map, relocation.Symbol, code, addend);
        }

        foreach ((MapSpec map, SortedDictionary<uint, string> slots) in values)
        {
            map.InitialValues = slots;
        }
    }

    private string InnerMapAt(MapSpec map, ElfSymbol symbol, ElfSection section, Dictionary<ulong, MapSpec> maps, ulong addend) =>
        symbol.SectionIndex == section.Index && maps.TryGetValue(unchecked(symbol.Value + addend), out MapSpec? inner)
            ? inner.Name
            : throw Fault($"map '{map.Name}' has '{symbol.Name}' among its 'values', which is no map of SEC(\"{MapsSectionName}\")");

    private string ProgramAt(MapSpec map, ElfSymbol symbol, Dictionary<int, CodeSection> code, ulong addend)
    {
        ulong at = unchecked(symbol.Value + addend);
        return code.TryGetValue(symbol.SectionIndex, out CodeSection? section)
            && section.IsProgramSection
            && at % BpfInstruction.Size == 0
            && at / BpfInstruction.Size <= int.MaxValue
            && section.Functions.TryGetValue((int)(at / BpfInstruction.Size), out FunctionSpec? function)
            && !function.IsLocal
                ? function.Name
                : throw Fault(map.Type == BpfMapType.StructOps
                    ? $"its variable '{map.Name}' holds '{symbol.Name}', which is no program of the object"
                    : $"map '{map.Name}' has '{symbol.Name}' among its 'values', which is no program of the object");
    }

    private Dictionary<int, MapSpec> ReadData(BtfSpec? btf, Dictionary<string, MapSpec> maps, out Dictionary<int, ulong[]> pointers)
    {
        Dictionary<int, MapSpec> data = [];
        pointers = [];
        ulong total = 0;
        foreach (ElfSection section in _elf.Sections.Where(MapSpecReader.IsData))
        {
            total = section.Size > MaxDataSize ? section.Size : total + section.Size;
            if (total > MaxDataSize)
            {
                throw Fault($"it has more than {MaxDataSize} bytes of global data, {section.Size} of them in section '{section.Name}'");
            }

            // 15 characters of two long section names may be the same.
            string name = MapSpecReader.DataMapName(_name, section.Name);
            MapSpec map = MapSpecReader.ReadData(section, maps.ContainsKey(name) ? section.Name : name, btf);
            if (!maps.TryAdd(map.Name, map))
            {
                throw Fault($"it has two maps named '{map.Name}'");
            }

            data.Add(section.Index, map);
            pointers.Add(section.Index, [.. _elf.RelocationsOf(section).Select(r => r.Offset).Order()]);
        }

        return data;
    }

    private MapSpec? AddSettings(BtfSpec? btf, List<SettingSpec> settings, Dictionary<string, MapSpec> maps)
    {
        if (settings.Count == 0)
        {
            return null;
        }

        int size = settings[^1].Offset + settings[^1].Size;
        MapSpec map = MapSpecReader.MakeSettings(MapSpecReader.DataMapName(_name, ObjectBtf.KernelConfigSection), size, btf!);
        AddMaps(maps, [map]);
        return map;
    }

    private List<VariableSpec> ReadVariables(BtfSpec? btf, Dictionary<int, MapSpec> dataMaps)
    {
        List<VariableSpec> variables = [];
        foreach (MapSpec map in dataMaps.Values)
        {
            if (map.ValueTypeId == 0 || btf is null)
            {
                continue;
            }

            BtfType section = btf.TypeById(map.ValueTypeId);
            for (int i = 0; i < section.Count; i++)
            {
                BtfSectionVariable place = section.GetVariable(i);
                BtfType variable = btf.TypeById(place.TypeId);
                if ((ulong)place.Offset + place.Size > map.ValueSize)
                {
                    throw Fault($"its variable '{variable.Name}' has {place.Size} bytes at byte {place.Offset} of section '{map.DataSection}', which has {map.ValueSize}");
                }

                variables.Add(new VariableSpec(variable.Name, map.Name, (int)place.Offset, (int)place.Size, variable.TypeId));
            }
        }

        return variables;
    }

    private Dictionary<string, ExternSpec> ReadExterns(BtfSpec? raw)
    {
        Dictionary<string, ExternSpec> externs = new(StringComparer.Ordinal);
        if (raw is null)
        {
            return externs;
        }

        HashSet<string> weak = WeakExterns;
        foreach (string sectionName in new[] { ObjectBtf.KernelSymbolsSection, ObjectBtf.KernelConfigSection })
        {
            if (!raw.TryFind(sectionName, BtfKind.DataSection, out BtfType section))
            {
                continue;
            }

            for (int i = 0; i < section.Count; i++)
            {
                BtfType type = raw.TypeById(section.GetVariable(i).TypeId);
                if (type.Kind is not (BtfKind.Function or BtfKind.Variable))
                {
                    throw Fault($"its BTF section '{sectionName}' holds {type}, neither a function nor a variable");
                }

                bool isFunction = type.Kind == BtfKind.Function;
                string name = type.Name;
                uint typeId = isFunction ? type.TypeId : raw.Resolve(type.TypeId).Id;
                externs[name] = new ExternSpec(name, sectionName, isFunction, typeId, weak.Contains(name));
            }
        }

        return externs;
    }

    private BpfFormatException Fault(string fault) => new(_source, fault);
}
