using System.Globalization;

namespace Sockmap.Bpf.Btf.Values;

/// <summary>
/// Makes a <see cref="ValueShape"/> of a BTF type. Every offset, size and count is checked here, so that reading and
/// writing values need not: depth, work and the number of objects that a value can become are bounded.
/// </summary>
internal sealed class ShapeCompiler
{
    // MAX_RESOLVE_DEPTH of kernel/bpf/btf.c: what is nested deeper, the kernel would not have taken.
    private const int MaxDepth = 32;
    private const int MaxMembers = 1 << 18;
    private const int SmallestNodeLimit = 4096;
    private const int NodesPerByte = 16;
    private const int CharEncoding = 2;
    private const int BoolEncoding = 4;
    private const int PointerSize = 8;
    private const int LargestInteger = 16;

    // KSYM_NAME_LEN of include/linux/kallsyms.h.
    private const int LongestName = 512;

    private readonly BtfSpec _spec;
    private readonly Dictionary<uint, ValueShape> _done = [];
    private int _members;

    private ShapeCompiler(BtfSpec spec)
    {
        _spec = spec;
    }

    internal static ValueShape Compile(BtfSpec spec, uint typeId)
    {
        ValueShape shape = new ShapeCompiler(spec).CompileType(typeId, 0);
        long limit = SmallestNodeLimit + ((long)NodesPerByte * shape.Size);
        return shape.Nodes <= limit
            ? shape
            : throw new BpfFormatException(spec.Name, $"its BTF type {typeId} has {shape.Size} bytes that would become more than {limit} values");
    }

    private ValueShape CompileType(uint typeId, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {typeId} is nested more than {MaxDepth} deep");
        }

        BtfType type = Resolve(typeId);
        if (_done.TryGetValue(type.Id, out ValueShape? done))
        {
            return done;
        }

        ValueShape shape = type.Kind switch
        {
            BtfKind.Int => WholeInteger(type),
            BtfKind.Enum or BtfKind.Enum64 => Enumeration(type, 0),
            BtfKind.Pointer => new IntegerShape("pointer", PointerSize * 8, PointerSize, signed: false),
            BtfKind.Float => Float(type),
            BtfKind.Array => ArrayOf(type, depth),
            BtfKind.Struct or BtfKind.Union or BtfKind.DataSection => Composite(type, depth),
            _ => throw new BpfFormatException(_spec.Name, $"its BTF type {type} has no values"),
        };
        _done.Add(type.Id, shape);
        return shape;
    }

    private BtfType Resolve(uint typeId)
    {
        BtfType type = _spec.Resolve(typeId);
        return type.Kind == BtfKind.Variable ? _spec.Resolve(type.TypeId) : type;
    }

    private ValueShape WholeInteger(BtfType type)
    {
        CheckInteger(type);

        // Only in a struct has it a meaning that an integer fills a part of its bytes: an old spelling of bit fields.
        return type.IntBits == type.Size * 8 ? Integer(type, 0) : new BytesShape(NameOf(type), (int)type.Size);
    }

    private IntegerShape Integer(BtfType type, uint bitField)
    {
        CheckInteger(type);
        uint bits = bitField == 0 ? type.IntBits : bitField;
        return new IntegerShape(NameOf(type), (int)bits, (int)type.Size, type.IsSigned, (type.IntEncoding & BoolEncoding) != 0);
    }

    private void CheckInteger(BtfType type)
    {
        if (type.Size is 0 or > LargestInteger || type.IntBits == 0 || type.IntOffset + type.IntBits > type.Size * 8)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {type} is an integer of {type.IntBits} bits at bit {type.IntOffset} of {type.Size} bytes");
        }
    }

    private EnumShape Enumeration(BtfType type, uint bitField)
    {
        if (type.Size is not (1 or 2 or 4 or 8))
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {type} is an enumeration of {type.Size} bytes");
        }

        Spend(type.Count);
        List<(string Name, ulong Value)> constants = new(type.Count);
        for (int i = 0; i < type.Count; i++)
        {
            BtfEnumerator constant = type.GetEnumerator(i);

            // Before there was a sign in BTF, -1 was stored in 32 bits without one, whatever the size.
            ulong value = type.IsSigned || type.Size >= sizeof(uint) ? constant.Value : constant.Value & (ulong)ValueBits.Mask((int)type.Size * 8);
            constants.Add((NameAt(constant.NameOffset), value));
        }

        uint bits = bitField == 0 ? type.Size * 8 : bitField;
        return new EnumShape(NameOf(type), (int)bits, (int)type.Size, type.IsSigned, constants);
    }

    private ValueShape Float(BtfType type) => type.Size switch
    {
        sizeof(float) or sizeof(double) => new FloatShape(NameOf(type), (int)type.Size),

        // _Float16 and long double have no counterpart here that keeps every bit.
        2 or 12 or 16 => new BytesShape(NameOf(type), (int)type.Size),
        _ => throw new BpfFormatException(_spec.Name, $"its BTF type {type} is a floating point number of {type.Size} bytes"),
    };

    private ValueShape ArrayOf(BtfType type, int depth)
    {
        BtfArrayShape array = type.Array;
        ValueShape element = CompileType(array.ElementTypeId, depth + 1);
        long size = (long)element.Size * array.Count;
        if (size > int.MaxValue || array.Count > int.MaxValue)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {type} has {array.Count} elements of {element.Size} bytes");
        }

        BtfType elementType = Resolve(array.ElementTypeId);
        if (elementType is { Kind: BtfKind.Int, Size: 1, IntBits: 8 } && (elementType.IntEncoding & BoolEncoding) == 0)
        {
            if ((elementType.IntEncoding & CharEncoding) != 0 || string.Equals(NameAt(elementType.NameOffset), "char", StringComparison.Ordinal))
            {
                return new TextShape((int)array.Count);
            }

            if (!elementType.IsSigned)
            {
                return new BytesShape($"{element.TypeName}[{array.Count}]", (int)array.Count);
            }
        }

        // Both are below 2^31 unless a type of no bytes is repeated, which the saturated product shows.
        long nodes = element.Nodes > long.MaxValue / Math.Max(array.Count, 1) - 1 ? long.MaxValue / 2 : 1 + (element.Nodes * array.Count);
        CheckNodes(nodes, size, type);
        return new ArrayShape(element, (int)array.Count, nodes);
    }

    private CompositeShape Composite(BtfType type, int depth)
    {
        if (type.Size > int.MaxValue)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {type} has {type.Size} bytes");
        }

        List<ShapeMember> members = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        if (type.Kind == BtfKind.DataSection)
        {
            AddVariables(type, depth, members, names);
        }
        else
        {
            AddMembers(type, 0, type, depth, members, names);
        }

        long nodes = 1;
        foreach (ShapeMember member in members)
        {
            nodes += member.Shape.Nodes;
            CheckNodes(nodes, type.Size, type);
        }

        return new CompositeShape(NameOf(type), (int)type.Size, members, nodes);
    }

    private void AddVariables(BtfType type, int depth, List<ShapeMember> members, HashSet<string> names)
    {
        Spend(type.Count);
        for (int i = 0; i < type.Count; i++)
        {
            BtfSectionVariable place = type.GetVariable(i);
            Add(type, NameAt(_spec.TypeById(place.TypeId).NameOffset), CompileType(place.TypeId, depth + 1), place.Offset * 8L, members, names);
        }
    }

    private void AddMembers(BtfType type, long start, BtfType whole, int depth, List<ShapeMember> members, HashSet<string> names)
    {
        if (depth > MaxDepth)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {whole} is nested more than {MaxDepth} deep");
        }

        Spend(type.Count);
        for (int i = 0; i < type.Count; i++)
        {
            BtfMember member = type.GetMember(i);
            BtfType inner = Resolve(member.TypeId);
            long offset = start + member.BitOffset;
            string name = NameAt(member.NameOffset);
            if (name.Length == 0 && inner.IsComposite && member.BitSize == 0)
            {
                CheckPlace(whole, "an anonymous member", offset, inner.Size * 8L);
                AddMembers(inner, offset, whole, depth + 1, members, names);
            }
            else if (name.Length > 0)
            {
                (ValueShape shape, long shift) = MemberShape(whole, inner, member, depth);
                Add(whole, name, shape, offset + shift, members, names);
            }

            // What has neither a name nor members is padding.
        }
    }

    private (ValueShape Shape, long Shift) MemberShape(BtfType whole, BtfType inner, BtfMember member, int depth)
    {
        if (inner.Kind == BtfKind.Int && (member.BitSize != 0 || inner.IntBits != inner.Size * 8))
        {
            CheckInteger(inner);
            CheckBitField(whole, inner, member);
            return (Integer(inner, member.BitSize), member.BitSize == 0 ? inner.IntOffset : 0);
        }

        if (member.BitSize == 0)
        {
            return (CompileType(member.TypeId, depth + 1), 0);
        }

        if (!inner.IsEnum)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {whole} has a bit field of type {inner}");
        }

        CheckBitField(whole, inner, member);
        return (Enumeration(inner, member.BitSize), 0);
    }

    private void CheckBitField(BtfType whole, BtfType inner, BtfMember member)
    {
        if (member.BitSize > inner.Size * 8L)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {whole} has a bit field of {member.BitSize} bits in {inner.Size} bytes");
        }
    }

    private void Add(BtfType whole, string name, ValueShape shape, long bitOffset, List<ShapeMember> members, HashSet<string> names)
    {
        CheckPlace(whole, $"'{name}'", bitOffset, shape.BitSize);
        bool isScalar = shape is IntegerShape or EnumShape;
        if (bitOffset % 8 != 0 && !isScalar)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {whole} has member '{name}' at bit {bitOffset}, which is not a whole byte");
        }

        // Two static variables of one name lie in one section; '#' is in no name of C.
        string unique = name;
        for (int number = 2; !names.Add(unique); number++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}#{number}");
            Spend(1);
        }

        members.Add(new ShapeMember(unique, shape, bitOffset));
    }

    private void CheckPlace(BtfType whole, string what, long bitOffset, long bits)
    {
        if (bitOffset > (whole.Size * 8L) - bits)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {whole} of {whole.Size} bytes has {what} of {bits} bits at bit {bitOffset}");
        }
    }

    private void CheckNodes(long nodes, long size, BtfType type)
    {
        if (nodes > SmallestNodeLimit + (NodesPerByte * size))
        {
            throw new BpfFormatException(_spec.Name, $"its BTF type {type} has {size} bytes that would become {nodes} values or more");
        }
    }

    private void Spend(int members)
    {
        _members += members;
        if (_members > MaxMembers)
        {
            throw new BpfFormatException(_spec.Name, $"its BTF has a type with more than {MaxMembers} members");
        }
    }

    /// <summary>A name; one string of megabytes could be the name of every member.</summary>
    private string NameAt(uint offset) => offset == 0 || _spec.StringBytesAt(offset).Length <= LongestName
        ? _spec.StringAt(offset)
        : throw new BpfFormatException(_spec.Name, $"its BTF has a name of more than {LongestName} bytes");

    private string NameOf(BtfType type)
    {
        string name = type.NameOffset == 0 ? "(anonymous)" : NameAt(type.NameOffset);
        return type.Kind switch
        {
            BtfKind.Struct => $"struct {name}",
            BtfKind.Union => $"union {name}",
            BtfKind.Enum or BtfKind.Enum64 => $"enum {name}",
            _ => name,
        };
    }
}
