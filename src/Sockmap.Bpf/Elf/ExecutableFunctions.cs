using System.Buffers.Binary;
using System.Globalization;
using System.IO.Enumeration;
using System.Text;

namespace Sockmap.Bpf.Elf;

/// <summary>Finds functions in the symbol tables of 64-bit little-endian executables and shared libraries (elf(5)), as places in the file.</summary>
/// <remarks>Only the tables are read, and every offset, count and length is checked before it is used.</remarks>
internal static class ExecutableFunctions
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const uint SymbolTable = 2;
    private const uint DynamicSymbolTable = 11;
    private const ulong MaxTableSize = 1 << 30;

    /// <summary>Whether a name stands for all functions that match.</summary>
    public static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    /// <summary>Where functions begin, in bytes from the file's start; each place once, in rising order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">Names; <c>*</c> and <c>?</c> stand for others.</param>
    /// <exception cref="BpfException">ENOENT: there is no such file, or a name matches no function in it; EACCES: it may not be read.</exception>
    /// <exception cref="InvalidDataException">It is no such file, or damaged.</exception>
    /// <exception cref="ArgumentException">Several functions have a name that was given without wildcards.</exception>
    public static ulong[] Find(string path, IReadOnlyList<string> names)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return Find(file, path, names);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BpfException($"Reading the symbols of '{path}': there is no such file", Errno.ENOENT, exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new BpfException($"Reading the symbols of '{path}': the process may not, or it is no file", Errno.EACCES, exception);
        }
    }

    internal static ulong[] Find(Stream file, string path, IReadOnlyList<string> names)
    {
        byte[][] sections = ReadSectionHeaders(file, path);
        Dictionary<string, HashSet<ulong>> strong = new(StringComparer.Ordinal);
        Dictionary<string, HashSet<ulong>> local = new(StringComparer.Ordinal);
        foreach (byte[] table in sections.Where(static header => TypeOf(header) is SymbolTable or DynamicSymbolTable))
        {
            ReadTable(file, path, sections, table, names, strong, local);
        }

        // A static function gives way to one that others see.
        Dictionary<string, HashSet<ulong>> found = new(local, StringComparer.Ordinal);
        foreach ((string name, HashSet<ulong> places) in strong)
        {
            found[name] = places;
        }

        foreach (string name in names)
        {
            string[] matches = [.. found.Keys.Where(candidate => Matches(name, candidate))];
            if (matches.Length == 0)
            {
                throw new BpfException($"'{path}' has no function '{name}' in its symbol tables; were they stripped? An offset in the file does without", Errno.ENOENT);
            }

            if (!IsPattern(name) && found[name].Count > 1)
            {
                throw new ArgumentException(
                    $"'{path}' has several functions '{name}', at {string.Join(", ", found[name].Order().Select(static place => string.Create(CultureInfo.InvariantCulture, $"0x{place:x}")))} in the file: give one of these offsets instead.",
                    nameof(names));
            }
        }

        return [.. found.Values.SelectMany(static places => places).Distinct().Order()];
    }

    private static bool Matches(string name, string candidate) =>
        IsPattern(name) ? FileSystemName.MatchesSimpleExpression(name, candidate, ignoreCase: false) : string.Equals(name, candidate, StringComparison.Ordinal);

    private static byte[][] ReadSectionHeaders(Stream file, string path)
    {
        byte[] header = file.Length < HeaderSize ? [] : Read(file, path, 0, HeaderSize, "the header");
        if (header.Length == 0 || !header.AsSpan().StartsWith("\u007fELF"u8) || header[4] != 2 || header[5] != 1)
        {
            throw new InvalidDataException($"'{path}' is not a 64-bit little-endian ELF file.");
        }

        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40));
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(58));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60));
        if (count == 0)
        {
            return [];
        }

        if (entrySize != SectionHeaderSize)
        {
            throw new InvalidDataException($"'{path}' is damaged: its section headers have {entrySize} bytes, expected {SectionHeaderSize}.");
        }

        byte[] table = Read(file, path, offset, (ulong)count * SectionHeaderSize, "the section header table");
        return [.. table.Chunk(SectionHeaderSize)];
    }

    private static void ReadTable(
        Stream file,
        string path,
        byte[][] sections,
        byte[] table,
        IReadOnlyList<string> names,
        Dictionary<string, HashSet<ulong>> strong,
        Dictionary<string, HashSet<ulong>> local)
    {
        uint link = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(40));
        if (link >= sections.Length)
        {
            throw new InvalidDataException($"'{path}' is damaged: a symbol table takes its names from section {link} of {sections.Length}.");
        }

        byte[] symbols = ReadSection(file, path, table, "a symbol table");
        byte[] texts = ReadSection(file, path, sections[link], "a table of names");
        for (int at = 0; at + SymbolSize <= symbols.Length; at += SymbolSize)
        {
            ReadOnlySpan<byte> symbol = symbols.AsSpan(at, SymbolSize);
            ElfSymbolType type = (ElfSymbolType)(symbol[4] & 0xf);
            int section = BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]);
            uint nameOffset = BinaryPrimitives.ReadUInt32LittleEndian(symbol);
            if (type != ElfSymbolType.Function || section == 0 || section >= sections.Length || nameOffset >= texts.Length)
            {
                continue;
            }

            string name = NameAt(texts.AsSpan((int)nameOffset));
            ReadOnlySpan<byte> code = sections[section];
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(code[16..]);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(code[24..]);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(code[32..]);
            if (value < address || value - address >= size || !names.Any(wanted => Matches(wanted, name)))
            {
                continue;
            }

            Dictionary<string, HashSet<ulong>> target = symbol[4] >> 4 == (int)ElfSymbolBinding.Local ? local : strong;
            if (!target.TryGetValue(name, out HashSet<ulong>? places))
            {
                target.Add(name, places = []);
            }

            places.Add(value - address + offset);
        }
    }

    // Of "name@@VERSION" the version is no part.
    private static string NameAt(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        text = end < 0 ? text : text[..end];
        int version = text.IndexOf((byte)'@');
        return Encoding.UTF8.GetString(version > 0 ? text[..version] : text);
    }

    private static uint TypeOf(byte[] header) => BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));

    private static byte[] ReadSection(Stream file, string path, byte[] header, string what) =>
        Read(file, path, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(24)), BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32)), what);

    private static byte[] Read(Stream file, string path, ulong offset, ulong size, string what)
    {
        ulong length = (ulong)file.Length;
        if (size > MaxTableSize || offset > length || size > length - offset)
        {
            throw new InvalidDataException($"'{path}' is damaged: {what} has {size} bytes at byte {offset} of a file of {length}.");
        }

        byte[] bytes = new byte[size];
        file.Position = (long)offset;
        file.ReadExactly(bytes);
        return bytes;
    }
}
