using System.Buffers.Binary;
using System.Text;

namespace Sockmap.Bpf.Elf;

/// <summary>Reads 64-bit little-endian relocatable BPF objects, as clang writes them.</summary>
/// <remarks>Layouts and numbers: elf(5). Every offset, count and length is checked before it is used.</remarks>
internal sealed class ElfFile
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int RelocationSize = 16;
    private const ushort TypeRelocatable = 1;
    private const ushort MachineBpf = 247;
    private const int MaxNameLength = 1024;
    private const int MaxSharedNames = 1 << 20;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly List<ElfSection> _sections = [];
    private readonly List<ElfSymbol> _symbols = [];
    private readonly Dictionary<int, List<ElfSection>> _relocationSections = [];
    private long _nameBytes;

    private ElfFile(ReadOnlyMemory<byte> file, string name)
    {
        _file = file;
        Name = name;
    }

    public string Name { get; }

    public IReadOnlyList<ElfSection> Sections => _sections;

    public IReadOnlyList<ElfSymbol> Symbols => _symbols;

    public static ElfFile Parse(ReadOnlyMemory<byte> file, string name)
    {
        ElfFile elf = new(file, name);
        elf.ReadSections();
        elf.ReadSymbols();
        elf.IndexRelocations();
        return elf;
    }

    public ElfSection? FindSection(string sectionName) => _sections.Find(s => s.Name == sectionName);

    /// <summary>The relocations that patch a section, in the file's order.</summary>
    public List<ElfRelocation> RelocationsOf(ElfSection target)
    {
        List<ElfRelocation> relocations = [];
        if (!_relocationSections.TryGetValue(target.Index, out List<ElfSection>? sections))
        {
            return relocations;
        }

        foreach (ElfSection section in sections)
        {
            if (section.Type == ElfSectionType.RelocationsWithAddend)
            {
                throw Fault($"section '{section.Name}' is of type SHT_RELA, BPF objects use SHT_REL");
            }

            if (section.EntrySize != RelocationSize || section.Data.Length % RelocationSize != 0)
            {
                throw Fault($"section '{section.Name}' has {section.Data.Length} bytes in entries of {section.EntrySize}, expected entries of {RelocationSize}");
            }

            ReadOnlySpan<byte> data = section.Data.Span;
            for (int at = 0; at < data.Length; at += RelocationSize)
            {
                ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(data[at..]);
                uint type = BinaryPrimitives.ReadUInt32LittleEndian(data[(at + 8)..]);
                uint symbol = BinaryPrimitives.ReadUInt32LittleEndian(data[(at + 12)..]);
                if (symbol >= (uint)_symbols.Count)
                {
                    throw Fault($"entry {at / RelocationSize} of section '{section.Name}' names symbol {symbol} of {_symbols.Count}");
                }

                if (offset >= target.Size)
                {
                    throw Fault($"entry {at / RelocationSize} of section '{section.Name}' patches byte {offset} of section '{target.Name}', which has {target.Size}");
                }

                relocations.Add(new ElfRelocation(offset, type, _symbols[(int)symbol]));
            }
        }

        return relocations;
    }

    private void ReadSections()
    {
        ReadOnlySpan<byte> file = _file.Span;
        if (file.Length < HeaderSize || !file.StartsWith("\u007fELF"u8))
        {
            throw Fault("it is not an ELF file");
        }

        if (file[4] != 2 || file[5] != 1 || file[6] != 1)
        {
            throw Fault("it is not a 64-bit little-endian ELF file of version 1");
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(file[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(file[18..]);
        if (machine != MachineBpf)
        {
            throw Fault($"it is made for machine {machine}, not for BPF ({MachineBpf}); compile with 'clang -target bpf'");
        }

        if (type != TypeRelocatable)
        {
            throw Fault($"it is an ELF file of type {type}, not a relocatable object (1); compile with 'clang -c'");
        }

        ulong tableOffset = BinaryPrimitives.ReadUInt64LittleEndian(file[40..]);
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(file[58..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[60..]);
        int namesIndex = BinaryPrimitives.ReadUInt16LittleEndian(file[62..]);
        if (entrySize != SectionHeaderSize || count == 0)
        {
            throw Fault($"its header tells of {count} sections with headers of {entrySize} bytes, expected some of {SectionHeaderSize}");
        }

        ReadOnlySpan<byte> table = Slice(tableOffset, (ulong)count * SectionHeaderSize, "the section header table").Span;
        if (namesIndex == 0 || namesIndex >= count)
        {
            throw Fault($"its section names are said to be in section {namesIndex} of {count}");
        }

        ReadOnlySpan<byte> names = SectionData(table, namesIndex, "the table of section names").Span;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = table[(i * SectionHeaderSize)..];
            uint nameOffset = BinaryPrimitives.ReadUInt32LittleEndian(header);
            string name = i == 0 ? string.Empty : StringAt(names, nameOffset, $"the name of section {i}");
            _sections.Add(new ElfSection
            {
                Index = i,
                Name = name,
                Type = (ElfSectionType)BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                Flags = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                Size = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                Link = BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                Info = BinaryPrimitives.ReadUInt32LittleEndian(header[44..]),
                EntrySize = BinaryPrimitives.ReadUInt64LittleEndian(header[56..]),
                Data = i == 0 ? ReadOnlyMemory<byte>.Empty : SectionData(table, i, $"section {i} ('{name}')"),
            });
        }
    }

    private ReadOnlyMemory<byte> SectionData(ReadOnlySpan<byte> table, int index, string what)
    {
        ReadOnlySpan<byte> header = table[(index * SectionHeaderSize)..];
        ElfSectionType type = (ElfSectionType)BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (type is ElfSectionType.NoBits or ElfSectionType.Null)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        return Slice(
            BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
            what);
    }

    private void ReadSymbols()
    {
        ElfSection? table = _sections.Find(s => s.Type == ElfSectionType.SymbolTable);
        if (table is null)
        {
            return;
        }

        if (table.EntrySize != SymbolSize || table.Data.Length % SymbolSize != 0)
        {
            throw Fault($"section '{table.Name}' has {table.Data.Length} bytes in entries of {table.EntrySize}, expected entries of {SymbolSize}");
        }

        if (table.Link == 0 || table.Link >= (uint)_sections.Count || _sections[(int)table.Link].Type != ElfSectionType.StringTable)
        {
            throw Fault($"section '{table.Name}' takes its names from section {table.Link}, which is no string table");
        }

        ReadOnlySpan<byte> names = _sections[(int)table.Link].Data.Span;
        ReadOnlySpan<byte> data = table.Data.Span;
        for (int at = 0; at < data.Length; at += SymbolSize)
        {
            ReadOnlySpan<byte> entry = data.Slice(at, SymbolSize);
            int index = at / SymbolSize;
            int section = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
            if (section < 0xff00 && section >= _sections.Count)
            {
                throw Fault($"symbol {index} is in section {section} of {_sections.Count}");
            }

            _symbols.Add(new ElfSymbol(
                index,
                StringAt(names, BinaryPrimitives.ReadUInt32LittleEndian(entry), $"the name of symbol {index}"),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                (ElfSymbolType)(entry[4] & 0xf),
                (ElfSymbolBinding)(entry[4] >> 4),
                (entry[5] & 3) is 1 or 2,
                section));
        }
    }

    private void IndexRelocations()
    {
        foreach (ElfSection section in _sections)
        {
            if (section.Type is not (ElfSectionType.Relocations or ElfSectionType.RelocationsWithAddend))
            {
                continue;
            }

            if (section.Info == 0 || section.Info >= (uint)_sections.Count)
            {
                throw Fault($"section '{section.Name}' patches section {section.Info} of {_sections.Count}");
            }

            if (!_relocationSections.TryGetValue((int)section.Info, out List<ElfSection>? list))
            {
                _relocationSections[(int)section.Info] = list = [];
            }

            list.Add(section);
        }
    }

    private ReadOnlyMemory<byte> Slice(ulong offset, ulong size, string what)
    {
        ulong length = (ulong)_file.Length;
        if (offset > length || size > length - offset)
        {
            throw Fault($"{what} is said to be at byte {offset} with {size} bytes, the file has {length}");
        }

        return _file.Slice((int)offset, (int)size);
    }

    private string StringAt(ReadOnlySpan<byte> table, uint offset, string what)
    {
        if (offset >= (uint)table.Length)
        {
            throw Fault($"{what} is at byte {offset} of a string table of {table.Length}");
        }

        ReadOnlySpan<byte> rest = table[(int)offset..];
        int end = rest[..Math.Min(rest.Length, MaxNameLength)].IndexOf((byte)0);
        if (end < 0)
        {
            throw Fault($"{what} does not end within {MaxNameLength} bytes");
        }

        // Names may share their ends, but a file in which all of them do is made to eat memory.
        _nameBytes += end;
        if (_nameBytes > Math.Max(_file.Length, MaxSharedNames))
        {
            throw Fault($"its names of sections and symbols overlap so much that they have more bytes than the file, which has {_file.Length}");
        }

        return Encoding.UTF8.GetString(rest[..end]);
    }

    private BpfFormatException Fault(string fault) => new(Name, fault);
}
