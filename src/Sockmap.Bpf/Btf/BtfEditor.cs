using System.Buffers.Binary;
using System.Text;

namespace Sockmap.Bpf.Btf;

/// <summary>A copy of a BTF blob that can be changed in place and grown. Ids of existing types stay what they are.</summary>
internal sealed class BtfEditor
{
    private const int HeadSize = 12;

    private readonly BtfSpec _source;
    private byte[] _types;
    private int _typesLength;
    private byte[] _strings;
    private int _stringsLength;
    private uint _nextId;

    public BtfEditor(BtfSpec source)
    {
        _source = source;
        _types = source.TypeBytes.ToArray();
        _typesLength = _types.Length;
        _strings = source.StringBytes.ToArray();
        _stringsLength = _strings.Length;
        _nextId = (uint)source.Count;
    }

    /// <summary>Replaces a type's kind, count and kind flag.</summary>
    public void SetInfo(BtfType type, BtfKind kind, int count = 0, bool kindFlag = false) =>
        Write(type.Offset + 4, ((uint)kind << 24) | (uint)count | (kindFlag ? 1u << 31 : 0));

    public void SetName(BtfType type, uint nameOffset) => Write(type.Offset, nameOffset);

    /// <summary>Replaces the word that is a size for some kinds and a type id for others.</summary>
    public void SetSizeOrTypeId(BtfType type, uint value) => Write(type.Offset + 8, value);

    /// <summary>Replaces a word behind the common head; rows of 8 or 12 bytes follow there.</summary>
    public void SetExtra(BtfType type, int at, uint value) => Write(type.Offset + HeadSize + at, value);

    public uint AddString(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        uint offset = (uint)_stringsLength;
        Reserve(ref _strings, _stringsLength + bytes.Length + 1);
        bytes.CopyTo(_strings, _stringsLength);
        _strings[_stringsLength + bytes.Length] = 0;
        _stringsLength += bytes.Length + 1;
        return offset;
    }

    public uint AddInt(string name, uint size, bool isSigned) =>
        AddType(AddString(name), BtfKind.Int, size, (isSigned ? 1u << 24 : 0) | (size * 8));

    public uint AddVariable(uint nameOffset, uint typeId) =>
        AddType(nameOffset, BtfKind.Variable, typeId, (uint)BtfLinkage.Global);

    public byte[] Encode()
    {
        byte[] blob = new byte[BtfSpec.HeaderSize + _typesLength + _stringsLength];
        Span<byte> header = blob;
        BinaryPrimitives.WriteUInt16LittleEndian(header, BtfSpec.Magic);
        header[2] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], BtfSpec.HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)_typesLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], (uint)_typesLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (uint)_stringsLength);
        _types.AsSpan(0, _typesLength).CopyTo(header[BtfSpec.HeaderSize..]);
        _strings.AsSpan(0, _stringsLength).CopyTo(header[(BtfSpec.HeaderSize + _typesLength)..]);
        return blob;
    }

    public BtfSpec ToSpec() => BtfSpec.Parse(Encode(), _source.Name);

    private static void Reserve(ref byte[] buffer, int length)
    {
        if (length > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(length, buffer.Length + (buffer.Length / 4)));
        }
    }

    private uint AddType(uint nameOffset, BtfKind kind, uint sizeOrTypeId, uint extra)
    {
        int at = _typesLength;
        Reserve(ref _types, at + HeadSize + 4);
        _typesLength += HeadSize + 4;
        Write(at, nameOffset);
        Write(at + 4, (uint)kind << 24);
        Write(at + 8, sizeOrTypeId);
        Write(at + HeadSize, extra);
        return _nextId++;
    }

    private void Write(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_types.AsSpan(at), value);
}
