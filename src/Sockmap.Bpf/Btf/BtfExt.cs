using System.Buffers.Binary;

namespace Sockmap.Bpf.Btf;

/// <summary>The <c>.BTF.ext</c> section: which function, source line and CO-RE relocation belongs to which instruction.</summary>
/// <remarks>Format: Documentation/bpf/btf.rst, "BTF_Ext section".</remarks>
public sealed class BtfExt
{
    private const int MinHeaderSize = 24;
    private const int CoreHeaderSize = 32;
    private const int SectionHeadSize = 8;
    private const int CoreRecordSize = 16;

    private BtfExt(
        Dictionary<string, BtfExtRecords> functions,
        Dictionary<string, BtfExtRecords> lines,
        Dictionary<string, IReadOnlyList<CoreRelocation>> relocations)
    {
        Functions = functions;
        Lines = lines;
        CoreRelocations = relocations;
    }

    /// <summary>Function records (<c>struct bpf_func_info</c>) by section name.</summary>
    public IReadOnlyDictionary<string, BtfExtRecords> Functions { get; }

    /// <summary>Line records (<c>struct bpf_line_info</c>) by section name.</summary>
    public IReadOnlyDictionary<string, BtfExtRecords> Lines { get; }

    /// <summary>CO-RE relocations by section name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<CoreRelocation>> CoreRelocations { get; }

    /// <summary>Reads a <c>.BTF.ext</c> section.</summary>
    /// <param name="blob">The section's bytes.</param>
    /// <param name="btf">The object's BTF, whose strings name the sections.</param>
    /// <exception cref="BpfFormatException">The section is damaged.</exception>
    public static BtfExt Parse(ReadOnlyMemory<byte> blob, BtfSpec btf)
    {
        ArgumentNullException.ThrowIfNull(btf);
        ReadOnlySpan<byte> bytes = blob.Span;
        if (bytes.Length < MinHeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != BtfSpec.Magic || bytes[2] != 1)
        {
            throw new BpfFormatException(btf.Name, "its .BTF.ext section has no BTF header of version 1");
        }

        uint headerLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (headerLength < MinHeaderSize || headerLength > (uint)bytes.Length)
        {
            throw new BpfFormatException(btf.Name, $"its .BTF.ext header is said to have {headerLength} bytes of {bytes.Length}");
        }

        ReadOnlyMemory<byte> body = blob[(int)headerLength..];
        Dictionary<string, BtfExtRecords> functions = ReadPart(Part(body, bytes, 8, btf), 8, "function", btf);
        Dictionary<string, BtfExtRecords> lines = ReadPart(Part(body, bytes, 16, btf), 16, "line", btf);
        Dictionary<string, IReadOnlyList<CoreRelocation>> relocations = new(StringComparer.Ordinal);
        if (headerLength >= CoreHeaderSize)
        {
            foreach ((string section, BtfExtRecords records) in ReadPart(Part(body, bytes, 24, btf), CoreRecordSize, "CO-RE", btf))
            {
                relocations[section] = ToRelocations(records);
            }
        }

        return new BtfExt(functions, lines, relocations);
    }

    private static CoreRelocation[] ToRelocations(BtfExtRecords records)
    {
        CoreRelocation[] relocations = new CoreRelocation[records.Count];
        for (int i = 0; i < relocations.Length; i++)
        {
            ReadOnlySpan<byte> record = records[i];
            relocations[i] = new CoreRelocation(
                BinaryPrimitives.ReadUInt32LittleEndian(record),
                BinaryPrimitives.ReadUInt32LittleEndian(record[4..]),
                BinaryPrimitives.ReadUInt32LittleEndian(record[8..]),
                (CoreRelocationKind)BinaryPrimitives.ReadUInt32LittleEndian(record[12..]));
        }

        return relocations;
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> header, int at, BtfSpec btf)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(header[at..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[(at + 4)..]);
        if (offset > (uint)body.Length || length > (uint)body.Length - offset)
        {
            throw new BpfFormatException(btf.Name, $"a part of its .BTF.ext section is said to be at byte {offset} with {length} bytes of {body.Length}");
        }

        return body.Slice((int)offset, (int)length);
    }

    private static Dictionary<string, BtfExtRecords> ReadPart(ReadOnlyMemory<byte> part, int minRecordSize, string what, BtfSpec btf)
    {
        Dictionary<string, BtfExtRecords> sections = new(StringComparer.Ordinal);
        ReadOnlySpan<byte> bytes = part.Span;
        if (bytes.Length == 0)
        {
            return sections;
        }

        uint recordSize = bytes.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        if (recordSize < (uint)minRecordSize || recordSize > 1024 || recordSize % 4 != 0)
        {
            throw new BpfFormatException(btf.Name, $"its .BTF.ext {what} records are said to have {recordSize} bytes, expected {minRecordSize} or some more");
        }

        int at = 4;
        while (at < bytes.Length)
        {
            if (bytes.Length - at < SectionHeadSize)
            {
                throw new BpfFormatException(btf.Name, $"its .BTF.ext {what} records are cut off at byte {at}");
            }

            uint nameOffset = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            at += SectionHeadSize;
            long size = (long)count * recordSize;
            if (count == 0 || size > bytes.Length - at)
            {
                throw new BpfFormatException(btf.Name, $"its .BTF.ext section tells of {count} {what} records of {recordSize} bytes in {bytes.Length - at} bytes");
            }

            string section = btf.StringAt(nameOffset);
            if (!sections.TryAdd(section, new BtfExtRecords((int)recordSize, part.Slice(at, (int)size))))
            {
                throw new BpfFormatException(btf.Name, $"its .BTF.ext section has {what} records of section '{section}' twice");
            }

            at += (int)size;
        }

        return sections;
    }
}
