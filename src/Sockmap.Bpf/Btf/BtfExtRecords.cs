using System.Buffers.Binary;

namespace Sockmap.Bpf.Btf;

/// <summary>Records of one kind (function or line information) for one section of code.</summary>
/// <remarks>Each record starts with the instruction's place: bytes from the start of the section.</remarks>
public sealed class BtfExtRecords
{
    internal BtfExtRecords(int recordSize, ReadOnlyMemory<byte> data)
    {
        RecordSize = recordSize;
        Data = data;
    }

    /// <summary>Bytes a record.</summary>
    public int RecordSize { get; }

    /// <summary>The records, one after the other.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>How many records there are.</summary>
    public int Count => Data.Length / RecordSize;

    /// <summary>Where the instruction of a record is: bytes from the start of the section.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public uint InstructionOffset(int index) => BinaryPrimitives.ReadUInt32LittleEndian(this[index]);

    /// <summary>The bytes of a record.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public ReadOnlySpan<byte> this[int index] => Data.Span.Slice(index * RecordSize, RecordSize);
}
