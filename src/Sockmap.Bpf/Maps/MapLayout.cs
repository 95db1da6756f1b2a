using System.Collections;
using System.Globalization;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Btf.Values;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Programs;

namespace Sockmap.Bpf.Maps;

/// <summary>
/// How the keys and values of a map become objects: by the map's BTF; where the kernel itself says what they are
/// (indexes, cookies, ids of programs and maps), by that; else as bytes.
/// </summary>
public sealed class MapLayout
{
    private readonly BpfMap _map;

    private MapLayout(BpfMap map, ValueShape key, ValueShape value, string? problem)
    {
        _map = map;
        Key = key;
        Value = value;
        Problem = problem;
    }

    /// <summary>The shape of a key.</summary>
    public ValueShape Key { get; }

    /// <summary>The shape of a value; of one CPU's value for the per-CPU types.</summary>
    public ValueShape Value { get; }

    /// <summary>Why the map's BTF is not used although it has one; null where it is used, or where there is none.</summary>
    public string? Problem { get; }

    /// <summary>Whether values are the cookies of sockets.</summary>
    public bool HoldsCookies => _map is { Type: BpfMapType.SockMap or BpfMapType.SockHash or BpfMapType.ReuseportSockArray, ValueSize: sizeof(ulong) };

    /// <summary>Finds out how a map's keys and values are laid out.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    public static MapLayout Of(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        bpf_map_info info = default;
        BpfCommands.GetInfo(map.Handle, ref info, map.ToString());
        ValueShape? key = null;
        ValueShape? value = null;
        string? problem = null;
        if (info.btf_id != 0)
        {
            try
            {
                BtfSpec btf = Open(info.btf_id);
                key = Find(btf, info.btf_key_type_id, map.KeySize, "key", ref problem);
                value = Find(btf, info.btf_value_type_id, map.ValueSize, "value", ref problem);
            }
            catch (BpfException exception)
            {
                // BTF is opened by its id, which CAP_SYS_ADMIN is needed for, while the map may have come from a pin.
                problem = exception.Message;
            }
            catch (BpfFormatException exception)
            {
                problem = exception.Message;
            }
        }

        // What the kernel puts into a value is that, whatever the BTF says: that may name what goes in, a descriptor.
        return new MapLayout(
            map,
            key ?? UntypedKey(map),
            KnownValue(map) ?? value ?? BytesShape.Untyped(map.ValueSize),
            problem);
    }

    /// <summary>A key as an object.</summary>
    public object? DecodeKey(ReadOnlySpan<byte> key) => Key.Decode(key);

    /// <summary>A value as an object; of a per-CPU map an <c>object?[]</c> with one for each possible CPU.</summary>
    /// <param name="value"><see cref="BpfMap.LookupSize"/> bytes.</param>
    public object? DecodeValue(ReadOnlySpan<byte> value)
    {
        if (!_map.IsPerCpu)
        {
            return Value.Decode(value);
        }

        int stride = Stride;
        object?[] values = new object?[value.Length / stride];
        for (int cpu = 0; cpu < values.Length; cpu++)
        {
            values[cpu] = Value.Decode(value.Slice(cpu * stride, _map.ValueSize));
        }

        return values;
    }

    /// <summary>The bytes of a key.</summary>
    /// <exception cref="ValueEncodingException">The object is no key of this map.</exception>
    public byte[] EncodeKey(object? key) => Key.Encode(key, "The key");

    /// <summary>The bytes that an update takes. In a per-CPU map one value goes to every CPU, a list gives each its own.</summary>
    /// <exception cref="ValueEncodingException">The object is no value of this map.</exception>
    public byte[] EncodeValue(object? value)
    {
        if (!_map.IsPerCpu)
        {
            return Value.Encode(value, "The value");
        }

        if (value is byte[] raw && raw.Length == _map.LookupSize)
        {
            return raw;
        }

        int stride = Stride;
        int cpus = _map.LookupSize / stride;
        byte[] all = new byte[_map.LookupSize];
        IList? each = value is IList list and not byte[] && list.Count == cpus && !TakesListOf(list) ? list : null;
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            string name = each is null ? "The value" : string.Create(CultureInfo.InvariantCulture, $"The value of CPU {cpu}");
            Value.Encode(each is null ? value : each[cpu], name).CopyTo(all, cpu * stride);
        }

        return all;
    }

    private int Stride => (_map.ValueSize + 7) & ~7;

    /// <summary>A list is one value, and not one for each CPU, where the value is a list of plain things itself.</summary>
    private bool TakesListOf(IList list) => Value is ArrayShape or BytesShape or TextShape
        && !list.Cast<object?>().All(static element => element is byte[] or string or IList);

    private static BtfSpec Open(uint id)
    {
        using BtfObject btf = BtfObject.OpenById(id);
        BtfObjectInfo info = btf.GetInfo();
        return info.IsKernel && info.Name.Length > 0 && !string.Equals(info.Name, "vmlinux", StringComparison.Ordinal)
            ? throw new BpfFormatException(info.Name, "its BTF adds to the kernel's and cannot be read alone")
            : BtfSpec.Parse(btf.GetData(), string.Create(CultureInfo.InvariantCulture, $"BTF {id}"));
    }

    private static ValueShape? Find(BtfSpec btf, uint typeId, int size, string what, ref string? problem)
    {
        if (typeId == 0)
        {
            return null;
        }

        ValueShape shape = btf.ShapeOf(typeId);
        if (shape.Size == size)
        {
            return shape;
        }

        problem = string.Create(CultureInfo.InvariantCulture, $"{btf.Name}: type {typeId} of the {what} has {shape.Size} bytes, in the map it has {size}");
        return null;
    }

    private static ValueShape UntypedKey(BpfMap map)
    {
        const int PrefixSize = sizeof(uint);
        return map.Type switch
        {
            BpfMapType.LpmTrie when map.KeySize > PrefixSize => Struct(
                "struct bpf_lpm_trie_key_u8",
                new ShapeMember("prefixlen", IntegerShape.UInt32, 0),
                new ShapeMember("data", new BytesShape($"unsigned char[{map.KeySize - PrefixSize}]", map.KeySize - PrefixSize), PrefixSize * 8)),
            BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage when map.KeySize == sizeof(ulong) => IntegerShape.UInt64,
            _ when MapCreationRules.OnlyKeySize(map.Type) == sizeof(uint) => IntegerShape.UInt32,
            _ => BytesShape.Untyped(map.KeySize),
        };
    }

    private static ValueShape? KnownValue(BpfMap map) => map.Type switch
    {
        BpfMapType.ProgArray or BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps or BpfMapType.CgroupArray or BpfMapType.XskMap => IntegerShape.UInt32,
        BpfMapType.SockMap or BpfMapType.SockHash or BpfMapType.ReuseportSockArray => map.ValueSize == sizeof(ulong) ? IntegerShape.UInt64 : IntegerShape.UInt32,
        BpfMapType.DevMap or BpfMapType.DevMapHash => WithProgram(map, "struct bpf_devmap_val", "ifindex"),
        BpfMapType.CpuMap => WithProgram(map, "struct bpf_cpumap_val", "qsize"),
        BpfMapType.StackTrace when map.ValueSize % sizeof(ulong) == 0 && map.GetInfo().Flags is var flags && ((BpfMapFlags)flags & BpfMapFlags.StackBuildId) == BpfMapFlags.None =>
            new ArrayShape(IntegerShape.UInt64, map.ValueSize / sizeof(ulong), 1 + (map.ValueSize / sizeof(ulong))),
        _ => null,
    };

    /// <summary>Since values can name a program too, they have 8 bytes. A lookup gives the program's id, an update takes its descriptor.</summary>
    private static ValueShape WithProgram(BpfMap map, string name, string first) => map.ValueSize == sizeof(ulong)
        ? Struct(name, new ShapeMember(first, IntegerShape.UInt32, 0), new ShapeMember("bpf_prog", IntegerShape.UInt32, 32))
        : IntegerShape.UInt32;

    private static CompositeShape Struct(string name, params ShapeMember[] members) => new(
        name,
        members.Max(static member => (int)(member.BitOffset / 8) + member.Shape.Size),
        members,
        1 + members.Sum(static member => member.Shape.Nodes));
}
