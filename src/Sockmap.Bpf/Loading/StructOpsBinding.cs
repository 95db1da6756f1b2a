using System.Runtime.InteropServices;
using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>An object's operations in the shape that this kernel has for them.</summary>
/// <remarks>
/// The value of such a map is a structure <c>bpf_struct_ops_NAME</c> of the kernel that holds the structure <c>NAME</c>; programs stand in it
/// as descriptors (bpf_struct_ops_map_update_elem in kernel/bpf/bpf_struct_ops.c).
/// </remarks>
internal sealed class StructOpsBinding
{
    private const string ValuePrefix = "bpf_struct_ops_";
    private readonly byte[] _value;
    private readonly List<(int Place, string Program)> _places = [];
    private readonly Dictionary<string, int> _members = new(StringComparer.Ordinal);

    private StructOpsBinding(uint typeId, uint valueTypeId, byte[] value)
    {
        TypeId = typeId;
        ValueTypeId = valueTypeId;
        _value = value;
    }

    /// <summary>The structure of operations, in the kernel's BTF.</summary>
    public uint TypeId { get; }

    /// <summary>The structure that is the map's value, in the kernel's BTF.</summary>
    public uint ValueTypeId { get; }

    /// <summary>Bytes of the map's value.</summary>
    public int ValueSize => _value.Length;

    /// <summary>Which member of the structure each program is, counted from 0.</summary>
    public IReadOnlyDictionary<string, int> Members => _members;

    /// <summary>Finds the members in the kernel.</summary>
    /// <exception cref="BpfFormatException">This kernel has no such operations, or not as the object declares them.</exception>
    public static StructOpsBinding Bind(string mapName, StructOpsSpec spec, BtfSpec local, BtfSpec? kernel, string source)
    {
        if (kernel is null)
        {
            throw Fault($"it implements '{spec.TypeName}', whose members are found by the kernel's BTF, which this kernel does not show ({BtfSpec.KernelPath}, CONFIG_DEBUG_INFO_BTF)");
        }

        if (!kernel.TryFind(spec.TypeName, BtfKind.Struct, out BtfType type) || !kernel.TryFind(ValuePrefix + spec.TypeName, BtfKind.Struct, out BtfType valueType))
        {
            throw Fault($"it implements '{spec.TypeName}', which this kernel does not let programs implement (no '{ValuePrefix}{spec.TypeName}' in its BTF; modules are not searched)");
        }

        if (FindMember(valueType, member => kernel.Resolve(member.TypeId).Id == type.Id) is not { } data)
        {
            throw Fault($"this kernel's '{valueType.Name}' holds no '{spec.TypeName}'");
        }

        int start = (int)(valueType.GetMember(data).BitOffset / 8);
        StructOpsBinding binding = new(type.Id, valueType.Id, new byte[valueType.Size]);
        BtfType declared = local.TypeById(spec.TypeId);
        HashSet<uint> placed = [];
        for (int i = 0; i < declared.Count; i++)
        {
            BtfMember member = declared.GetMember(i);
            string name = local.StringAt(member.NameOffset);
            uint offset = member.BitOffset / 8;
            uint size = local.SizeOf(member.TypeId);
            if (offset > spec.Contents.Length || size > spec.Contents.Length - offset)
            {
                throw Fault($"its member '{name}' does not lie in it");
            }

            ReadOnlySpan<byte> bytes = spec.Contents.AsSpan((int)offset, (int)size);
            string? program = spec.Programs.GetValueOrDefault(offset);
            if (program is null && !bytes.ContainsAnyExcept((byte)0))
            {
                continue;
            }

            int? found = name.Length == 0 ? null : FindMember(type, candidate => kernel.StringAt(candidate.NameOffset) == name);
            if (found is not { } index)
            {
                throw Fault($"it sets member '{name}' of '{spec.TypeName}', which this kernel does not have");
            }

            BtfMember target = type.GetMember(index);
            int place = start + (int)(target.BitOffset / 8);
            if (member.BitSize != 0 || target.BitSize != 0 || kernel.SizeOf(target.TypeId) != size || place + size > (uint)binding._value.Length)
            {
                throw Fault($"its member '{name}' has {size} bytes, and that of this kernel's '{spec.TypeName}' has {kernel.SizeOf(target.TypeId)}, or it is a bit-field");
            }

            if (program is null)
            {
                bytes.CopyTo(binding._value.AsSpan(place));
                continue;
            }

            if (!binding._members.TryAdd(program, index))
            {
                throw Fault($"program '{program}' stands in two of its members");
            }

            binding._places.Add((place, program));
            placed.Add(offset);
        }

        return placed.Count == spec.Programs.Count ? binding : throw Fault("a program stands in a part of it that is no member");

        BpfFormatException Fault(string fault) => new(source, $"of its variable '{mapName}': {fault}");
    }

    /// <summary>The map's value.</summary>
    /// <param name="descriptor">The descriptor of a program, by its name.</param>
    public byte[] Fill(Func<string, int> descriptor)
    {
        byte[] value = [.. _value];
        foreach ((int place, string program) in _places)
        {
            MemoryMarshal.Write(value.AsSpan(place), (ulong)descriptor(program));
        }

        return value;
    }

    private static int? FindMember(BtfType type, Func<BtfMember, bool> matches)
    {
        for (int i = 0; i < type.Count; i++)
        {
            if (matches(type.GetMember(i)))
            {
                return i;
            }
        }

        return null;
    }
}
