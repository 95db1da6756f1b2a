using System.Buffers.Binary;
using System.Text;

namespace Sockmap.Bpf.Btf;

/// <summary>A BTF blob: the types of a BPF object, of the running kernel, or of one of its modules.</summary>
/// <remarks>
/// A module's BTF is split: its ids and string offsets go on where those of the kernel's end, and refer to these.
/// Reading it notes only where each type starts; types are looked at when asked for, and names are indexed at the
/// first lookup. The kernel's 5 MB are ready in some milliseconds. Format: Documentation/bpf/btf.rst.
/// </remarks>
public sealed class BtfSpec
{
    /// <summary>Where the kernel shows its own BTF.</summary>
    public const string KernelPath = "/sys/kernel/btf/vmlinux";

    internal const ushort Magic = 0xeb9f;
    internal const int HeaderSize = 24;

    private const int HeadSize = 12;
    private const int MaxTypeDepth = 256;
    private const int MaxIndexedName = 512;
    private const int MaxTypes = 0xfffff;

    private readonly ReadOnlyMemory<byte> _types;
    private readonly ReadOnlyMemory<byte> _strings;
    private readonly int[] _offsets;
    private readonly BtfSpec? _base;
    private readonly uint _firstId;
    private readonly uint _firstString;
    private readonly Lazy<NameIndex> _index;

    private BtfSpec(string name, ReadOnlyMemory<byte> blob, ReadOnlyMemory<byte> types, ReadOnlyMemory<byte> strings, int[] offsets, BtfSpec? baseSpec)
    {
        Name = name;
        Blob = blob;
        _types = types;
        _strings = strings;
        _offsets = offsets;
        _base = baseSpec;
        _firstId = (uint)(baseSpec?.Count ?? 0);
        _firstString = baseSpec?.StringLength ?? 0;
        _index = new Lazy<NameIndex>(BuildIndex);
    }

    /// <summary>Whose types these are, for messages.</summary>
    public string Name { get; }

    /// <summary>The blob as it was read.</summary>
    public ReadOnlyMemory<byte> Blob { get; }

    /// <summary>How many type ids there are, <c>void</c> (0) among them, and of split BTF those of its base.</summary>
    public int Count => (int)_firstId + _offsets.Length;

    private uint StringLength => _firstString + (uint)_strings.Length;

    internal ReadOnlySpan<byte> TypeBytes => _types.Span;

    internal ReadOnlySpan<byte> StringBytes => _strings.Span;

    /// <summary>Reads a BTF blob.</summary>
    /// <param name="blob">The bytes, which are kept and must not change.</param>
    /// <param name="name">Whose types these are, for messages.</param>
    /// <param name="baseSpec">What split BTF goes on from: the kernel's own types where the blob is a module's; else null.</param>
    /// <exception cref="BpfFormatException">The blob is damaged.</exception>
    public static BtfSpec Parse(ReadOnlyMemory<byte> blob, string name, BtfSpec? baseSpec = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ReadOnlySpan<byte> bytes = blob.Span;
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Magic)
        {
            throw new BpfFormatException(name, "its BTF does not start with the little-endian BTF magic 0xeb9f");
        }

        if (bytes[2] != 1)
        {
            throw new BpfFormatException(name, $"its BTF has version {bytes[2]}, expected 1");
        }

        uint headerLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (headerLength < HeaderSize || headerLength > (uint)bytes.Length)
        {
            throw new BpfFormatException(name, $"its BTF header is said to have {headerLength} bytes of {bytes.Length}");
        }

        ReadOnlyMemory<byte> body = blob[(int)headerLength..];
        ReadOnlyMemory<byte> types = Part(body, bytes, 8, "type", name);
        ReadOnlyMemory<byte> strings = Part(body, bytes, 16, "string", name);
        ReadOnlyMemory<byte> layout = headerLength >= HeaderSize + 8 ? Part(body, bytes, 24, "layout", name) : default;

        // Only the base has the empty string, at offset 0; split BTF may have no strings of its own.
        bool terminated = baseSpec is null ? strings.Length > 0 && strings.Span[0] == 0 && strings.Span[^1] == 0 : strings.Length == 0 || strings.Span[^1] == 0;
        if (!terminated)
        {
            throw new BpfFormatException(name, $"its BTF string section does not {(baseSpec is null ? "begin and " : "")}end with a zero byte");
        }

        return new BtfSpec(name, blob, types, strings, FindTypes(types.Span, layout.Span, name, baseSpec?.Count ?? 0), baseSpec);
    }

    /// <summary>Reads the running kernel's BTF from <see cref="KernelPath"/>.</summary>
    /// <exception cref="IOException">The file is missing (a kernel built without CONFIG_DEBUG_INFO_BTF) or cannot be read.</exception>
    /// <exception cref="BpfFormatException">The file is damaged.</exception>
    public static BtfSpec LoadKernel() => Parse(File.ReadAllBytes(KernelPath), "vmlinux");

    /// <summary>The type with a given id.</summary>
    /// <param name="id">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="BpfFormatException">There is no such type.</exception>
    public BtfType TypeById(uint id)
    {
        if (id < _firstId)
        {
            return _base!.TypeById(id);
        }

        return id < (uint)Count
            ? Own(id)
            : throw new BpfFormatException(Name, $"its BTF refers to type {id} of {Count}");
    }

    /// <summary>All types in the order of their ids, without <c>void</c>; of split BTF its own, without those of its base.</summary>
    public IEnumerable<BtfType> Types()
    {
        for (uint id = Math.Max(_firstId, 1); id < (uint)Count; id++)
        {
            yield return Own(id);
        }
    }

    /// <summary>A string of the string section.</summary>
    /// <param name="offset">Bytes from the section's start; of split BTF, from the start of its base's.</param>
    /// <exception cref="BpfFormatException">The offset lies outside the section.</exception>
    public string StringAt(uint offset) => offset == 0 ? string.Empty : Encoding.UTF8.GetString(StringBytesAt(offset));

    /// <summary>Finds a type by its kind and whole name; in split BTF among its own types.</summary>
    /// <param name="name">The name, as in C.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="type">The type with the lowest id, when there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryFind(string name, BtfKind kind, out BtfType type)
    {
        foreach (BtfType candidate in FindAll(name))
        {
            if (candidate.Kind == kind)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>All types with a given name, lowest id first; of split BTF its own.</summary>
    /// <param name="name">The whole name, as in C.</param>
    public IEnumerable<BtfType> FindAll(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        foreach (uint place in _index.Value.Chain(EssentialName(bytes)))
        {
            BtfType type = Own(_firstId + place);
            if (StringBytesAt(type.NameOffset).SequenceEqual(bytes))
            {
                yield return type;
            }
        }
    }

    /// <summary>All types whose name without its flavour (from the last <c>___</c> on) is the given one, lowest id first; of split BTF its own.</summary>
    /// <param name="essentialName">A name; its own flavour is ignored too.</param>
    public IEnumerable<BtfType> FindFlavours(string essentialName)
    {
        ArgumentNullException.ThrowIfNull(essentialName);
        byte[] bytes = EssentialName(Encoding.UTF8.GetBytes(essentialName)).ToArray();
        if (bytes.Length == 0)
        {
            yield break;
        }

        foreach (uint place in _index.Value.Chain(bytes))
        {
            BtfType type = Own(_firstId + place);
            if (EssentialName(StringBytesAt(type.NameOffset)).SequenceEqual(bytes))
            {
                yield return type;
            }
        }
    }

    /// <summary>Follows typedefs and modifiers to the type that they stand for.</summary>
    /// <param name="id">Where to start.</param>
    /// <exception cref="BpfFormatException">They run in a circle or out of the blob.</exception>
    public BtfType Resolve(uint id)
    {
        BtfType type = TypeById(id);
        for (int depth = 0; type.IsModifierOrTypedef; depth++)
        {
            if (depth == MaxTypeDepth)
            {
                throw new BpfFormatException(Name, $"its BTF type {id} hides behind more than {MaxTypeDepth} modifiers");
            }

            type = TypeById(type.TypeId);
        }

        return type;
    }

    /// <summary>Size of a type's value in bytes. Pointers count 8.</summary>
    /// <param name="id">The type; a variable has the size of its type.</param>
    /// <exception cref="BpfFormatException">The type has no size (such as <c>void</c> or a function).</exception>
    public uint SizeOf(uint id)
    {
        ulong factor = 1;
        BtfType type = TypeById(id);
        for (int depth = 0; depth < MaxTypeDepth; depth++)
        {
            switch (type.Kind)
            {
                case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float or BtfKind.DataSection:
                    return Times(factor, type.Size, id);
                case BtfKind.Pointer:
                    return Times(factor, 8, id);
                case BtfKind.Array:
                    BtfArrayShape array = type.Array;
                    factor = Times(factor, array.Count, id);
                    type = TypeById(array.ElementTypeId);
                    break;
                case BtfKind.Variable or BtfKind.DeclarationTag:
                    type = TypeById(type.TypeId);
                    break;
                default:
                    if (!type.IsModifierOrTypedef)
                    {
                        throw new BpfFormatException(Name, $"its BTF type {type} has no size");
                    }

                    type = TypeById(type.TypeId);
                    break;
            }
        }

        throw new BpfFormatException(Name, $"its BTF type {id} is nested more than {MaxTypeDepth} deep");
    }

    /// <summary>How values of a type are read and written.</summary>
    /// <param name="id">The type; a variable has the shape of its type.</param>
    /// <exception cref="BpfFormatException">The type has no values, is damaged, or small values of it would become very many objects.</exception>
    public Values.ValueShape ShapeOf(uint id) => Values.ShapeCompiler.Compile(this, id);

    internal static ReadOnlySpan<byte> EssentialName(ReadOnlySpan<byte> name)
    {
        // libbpf's rule: the last "___" between two other characters starts the flavour.
        for (int i = name.Length - 5; i >= 0; i--)
        {
            if (name[i] != '_' && name[i + 1] == '_' && name[i + 2] == '_' && name[i + 3] == '_' && name[i + 4] != '_')
            {
                return name[..(i + 1)];
            }
        }

        return name;
    }

    internal ReadOnlySpan<byte> StringBytesAt(uint offset)
    {
        ReadOnlySpan<byte> rest = StringsFrom(offset, "its BTF refers to");
        return rest[..rest.IndexOf((byte)0)];
    }

    private BtfType Own(uint id) => new(this, id, _offsets[id - _firstId]);

    private ReadOnlySpan<byte> StringsFrom(uint offset, string what)
    {
        if (offset < _firstString)
        {
            return _base!.StringsFrom(offset, what);
        }

        ReadOnlySpan<byte> strings = _strings.Span;
        return offset - _firstString < (uint)strings.Length
            ? strings[(int)(offset - _firstString)..]
            : throw new BpfFormatException(Name, $"{what} string {offset} of a section of {StringLength} bytes");
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> body, ReadOnlySpan<byte> header, int at, string what, string name)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(header[at..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[(at + 4)..]);
        if (offset > (uint)body.Length || length > (uint)body.Length - offset)
        {
            throw new BpfFormatException(name, $"its BTF {what} section is said to be at byte {offset} with {length} bytes of {body.Length}");
        }

        return body.Slice((int)offset, (int)length);
    }

    private static int[] FindTypes(ReadOnlySpan<byte> types, ReadOnlySpan<byte> layout, string name, int firstId)
    {
        int[] offsets = new int[Math.Max(16, types.Length / 24)];

        // Type 0 is void, which has no bytes; split BTF leaves it to its base.
        int count = firstId == 0 ? 1 : 0;
        int at = 0;
        while (at < types.Length)
        {
            if (types.Length - at < HeadSize)
            {
                throw new BpfFormatException(name, $"its BTF type {firstId + count} is cut off at byte {at} of {types.Length}");
            }

            uint info = BinaryPrimitives.ReadUInt32LittleEndian(types[(at + 4)..]);
            long size = HeadSize + ExtraSize((info >> 24) & 0x7f, info & 0xffffff, layout);
            if (size < HeadSize)
            {
                throw new BpfFormatException(name, $"its BTF type {firstId + count} at byte {at} has the unknown kind {(info >> 24) & 0x7f}");
            }

            if (size > types.Length - at)
            {
                throw new BpfFormatException(name, $"its BTF type {firstId + count} at byte {at} wants {size} bytes of {types.Length}");
            }

            if (firstId + count > MaxTypes)
            {
                throw new BpfFormatException(name, $"its BTF has more than {MaxTypes} types");
            }

            if (count == offsets.Length)
            {
                Array.Resize(ref offsets, offsets.Length + (offsets.Length / 2));
            }

            offsets[count++] = at;
            at += (int)size;
        }

        Array.Resize(ref offsets, count);
        return offsets;
    }

    private static long ExtraSize(uint kind, uint count, ReadOnlySpan<byte> layout)
    {
        switch ((BtfKind)kind)
        {
            case BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag:
                return 4;
            case BtfKind.Array:
                return 12;
            case BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64:
                return 12L * count;
            case BtfKind.Enum or BtfKind.FunctionPrototype:
                return 8L * count;
            case BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const
                or BtfKind.Restrict or BtfKind.Function or BtfKind.Float or BtfKind.TypeTag:
                return 0;
            default:
                // Kernels newer than this library describe the sizes of their kinds in the layout section.
                int at = (int)kind * 4;
                return kind != 0 && at + 4 <= layout.Length ? layout[at] + ((long)layout[at + 1] * count) : -HeadSize - 1;
        }
    }

    private uint Times(ulong factor, uint size, uint id)
    {
        ulong product = factor * size;
        return product <= int.MaxValue
            ? (uint)product
            : throw new BpfFormatException(Name, $"its BTF type {id} has more than {int.MaxValue} bytes");
    }

    private NameIndex BuildIndex()
    {
        NameIndex index = new(_offsets.Length);
        ReadOnlySpan<byte> types = _types.Span;

        // From the last to the first, so that a chain starts with its lowest id.
        for (int i = _offsets.Length - 1; i >= (_base is null ? 1 : 0); i--)
        {
            uint nameOffset = BinaryPrimitives.ReadUInt32LittleEndian(types[_offsets[i]..]);
            if (nameOffset == 0)
            {
                continue;
            }

            ReadOnlySpan<byte> rest = StringsFrom(nameOffset, "its BTF names a type by");
            int end = rest[..Math.Min(rest.Length, MaxIndexedName)].IndexOf((byte)0);

            // No name in C or in the kernel is longer (KSYM_NAME_LEN is 512).
            if (end > 0)
            {
                index.Add(i, EssentialName(rest[..end]));
            }
        }

        return index;
    }

    /// <summary>A chained hash table of places among the own types, by name without flavour, in two integers a type.</summary>
    private sealed class NameIndex
    {
        private readonly int[] _heads;
        private readonly int[] _next;

        public NameIndex(int count)
        {
            _heads = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 16))];
            _next = new int[count];
        }

        public void Add(int place, ReadOnlySpan<byte> name)
        {
            uint slot = Slot(name);
            _next[place] = _heads[slot];
            _heads[slot] = place + 1;
        }

        public IEnumerable<uint> Chain(ReadOnlySpan<byte> name) => Walk(_heads[Slot(name)]);

        private IEnumerable<uint> Walk(int head)
        {
            // 0 ends a chain, so that places count from 1 in it.
            for (int link = head; link != 0; link = _next[link - 1])
            {
                yield return (uint)(link - 1);
            }
        }

        private uint Slot(ReadOnlySpan<byte> name)
        {
            uint hash = 2166136261;
            foreach (byte b in name)
            {
                hash = (hash ^ b) * 16777619;
            }

            return (hash ^ (hash >> 15)) & (uint)(_heads.Length - 1);
        }
    }
}
