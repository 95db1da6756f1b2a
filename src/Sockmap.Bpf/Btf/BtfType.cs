using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Btf;

/// <summary>One type of a <see cref="BtfSpec"/>: a view onto its bytes, nothing is copied.</summary>
/// <remarks>
/// Members that do not belong to the <see cref="Kind"/> throw <see cref="InvalidOperationException"/>.
/// Layouts: include/uapi/linux/btf.h.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
public readonly struct BtfType : IEquatable<BtfType>
{
    internal const uint BooleanEncoding = 4;

    private const int HeadSize = 12;

    private readonly BtfSpec _spec;
    private readonly int _offset;

    internal BtfType(BtfSpec spec, uint id, int offset)
    {
        _spec = spec;
        Id = id;
        _offset = offset;
    }

    /// <summary>Its number in the blob; 0 is <c>void</c>.</summary>
    public uint Id { get; }

    /// <summary>Which kind of type it is.</summary>
    public BtfKind Kind => Id == 0 ? BtfKind.Void : (BtfKind)((Info >> 24) & 0x7f);

    /// <summary>Its name; empty for an anonymous type.</summary>
    /// <exception cref="BpfFormatException">The name lies outside the string section.</exception>
    public string Name => _spec.StringAt(NameOffset);

    /// <summary>Where its name is in the string section.</summary>
    public uint NameOffset => Id == 0 ? 0 : Word(0);

    /// <summary>The kind flag: a signed enumeration, a struct with bit fields, a union's forward declaration.</summary>
    public bool KindFlag => Id != 0 && Info >> 31 != 0;

    /// <summary>How many members, parameters, values or variables follow.</summary>
    public int Count => Id == 0 ? 0 : (int)(Info & 0xffffff);

    /// <summary>Size in bytes of an integer, struct, union, enumeration, float or data section.</summary>
    public uint Size => HasSize ? Word(8) : throw Wrong(nameof(Size));

    /// <summary>The type that a pointer, typedef, modifier, function, prototype (its return type), variable or tag refers to.</summary>
    public uint TypeId => !HasSize && Kind is not (BtfKind.Void or BtfKind.Array or BtfKind.Forward) ? Word(8) : throw Wrong(nameof(TypeId));

    /// <summary>Whether it is a struct or union.</summary>
    public bool IsComposite => Kind is BtfKind.Struct or BtfKind.Union;

    /// <summary>Whether it is an enumeration of either width.</summary>
    public bool IsEnum => Kind is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>Whether it is a modifier or typedef, which says nothing about the layout.</summary>
    public bool IsModifierOrTypedef => Kind is BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag;

    /// <summary>Whether it is an integer or enumeration with a sign.</summary>
    public bool IsSigned => Kind == BtfKind.Int ? (IntEncoding & 1) != 0 : IsEnum && KindFlag;

    /// <summary>Encoding bits of an integer: 1 signed, 2 char, 4 bool.</summary>
    public uint IntEncoding => (IntWord >> 24) & 0xf;

    /// <summary>Bit offset of an integer, used by old compilers only.</summary>
    public uint IntOffset => (IntWord >> 16) & 0xff;

    /// <summary>Bits of an integer.</summary>
    public uint IntBits => IntWord & 0xff;

    /// <summary>Linkage of a function or variable.</summary>
    public BtfLinkage Linkage => Kind switch
    {
        BtfKind.Function => (BtfLinkage)Count,
        BtfKind.Variable => (BtfLinkage)Word(HeadSize),
        _ => throw Wrong(nameof(Linkage)),
    };

    /// <summary>Which member or parameter a declaration tag is on; -1 for the whole declaration.</summary>
    public int ComponentIndex => Kind == BtfKind.DeclarationTag ? (int)Word(HeadSize) : throw Wrong(nameof(ComponentIndex));

    /// <summary>What an array is made of.</summary>
    public BtfArrayShape Array => Kind == BtfKind.Array
        ? new(Word(HeadSize), Word(HeadSize + 4), Word(HeadSize + 8))
        : throw Wrong(nameof(Array));

    internal int Offset => _offset;

    internal BtfSpec Spec => _spec;

    private bool HasSize => Kind is BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float or BtfKind.DataSection;

    private uint IntWord => Kind == BtfKind.Int ? Word(HeadSize) : throw Wrong("integer encoding");

    private uint Info => Word(4);

    /// <summary>Whether two views are of one type.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(BtfType left, BtfType right) => left.Equals(right);

    /// <summary>Whether two views are of different types.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(BtfType left, BtfType right) => !left.Equals(right);

    /// <summary>A member of a struct or union.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public BtfMember GetMember(int index)
    {
        int at = Row(index, 12, IsComposite, nameof(GetMember));
        uint offset = Word(at + 8);
        return KindFlag
            ? new(Word(at), Word(at + 4), offset & 0xffffff, offset >> 24)
            : new(Word(at), Word(at + 4), offset, 0);
    }

    /// <summary>A parameter of a function prototype.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public BtfParameter GetParameter(int index)
    {
        int at = Row(index, 8, Kind == BtfKind.FunctionPrototype, nameof(GetParameter));
        return new(Word(at), Word(at + 4));
    }

    /// <summary>A value of an enumeration.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public BtfEnumerator GetEnumerator(int index)
    {
        if (Kind == BtfKind.Enum64)
        {
            int wide = Row(index, 12, true, nameof(GetEnumerator));
            return new(Word(wide), Word(wide + 4) | ((ulong)Word(wide + 8) << 32));
        }

        int at = Row(index, 8, Kind == BtfKind.Enum, nameof(GetEnumerator));
        uint value = Word(at + 4);
        return new(Word(at), KindFlag ? unchecked((ulong)(int)value) : value);
    }

    /// <summary>A variable of a data section.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public BtfSectionVariable GetVariable(int index)
    {
        int at = Row(index, 12, Kind == BtfKind.DataSection, nameof(GetVariable));
        return new(Word(at), Word(at + 4), Word(at + 8));
    }

    /// <inheritdoc/>
    public bool Equals(BtfType other) => ReferenceEquals(_spec, other._spec) && Id == other.Id;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BtfType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Id;

    /// <summary>The type's kind and name for messages, such as <c>struct tcp_sock [4711]</c>.</summary>
    public override string ToString()
    {
        string name = Name;
        return $"{KindWord(Kind)} {(name.Length == 0 ? "(anonymous)" : name)} [{Id}]";
    }

    internal static string KindWord(BtfKind kind) => kind switch
    {
        BtfKind.Void => "void",
        BtfKind.Int => "int",
        BtfKind.Pointer => "ptr",
        BtfKind.Array => "array",
        BtfKind.Struct => "struct",
        BtfKind.Union => "union",
        BtfKind.Enum => "enum",
        BtfKind.Forward => "fwd",
        BtfKind.Typedef => "typedef",
        BtfKind.Volatile => "volatile",
        BtfKind.Const => "const",
        BtfKind.Restrict => "restrict",
        BtfKind.Function => "func",
        BtfKind.FunctionPrototype => "func_proto",
        BtfKind.Variable => "var",
        BtfKind.DataSection => "datasec",
        BtfKind.Float => "float",
        BtfKind.DeclarationTag => "decl_tag",
        BtfKind.TypeTag => "type_tag",
        BtfKind.Enum64 => "enum64",
        _ => $"kind {(int)kind}",
    };

    private int Row(int index, int size, bool applies, string what)
    {
        if (!applies)
        {
            throw Wrong(what);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return HeadSize + (index * size);
    }

    private uint Word(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_spec.TypeBytes[(_offset + at)..]);

    private InvalidOperationException Wrong(string what) => new($"{what} does not apply to the BTF type {this}.");
}
