namespace Sockmap.Bpf.Loading;

/// <summary>A map as an object file describes it. Change it before the object is loaded.</summary>
public sealed class MapSpec
{
    internal MapSpec(string name)
    {
        Name = name;
    }

    /// <summary>Its name in the object. The kernel keeps the first 15 characters.</summary>
    public string Name { get; }

    /// <summary>The section whose data it holds (<c>.rodata</c>, <c>.data</c>, <c>.bss</c>, <c>.kconfig</c>), or null for a map that the object defines.</summary>
    public string? DataSection { get; init; }

    /// <summary>Its type.</summary>
    public BpfMapType Type { get; set; }

    /// <summary>Size of a key in bytes.</summary>
    public uint KeySize { get; set; }

    /// <summary>Size of a value in bytes.</summary>
    public uint ValueSize { get; set; }

    /// <summary>How many entries it takes; of a ring buffer its bytes.</summary>
    public uint MaxEntries { get; set; }

    /// <summary><c>BPF_F_*</c> flags of map creation (include/uapi/linux/bpf.h).</summary>
    public uint Flags { get; set; }

    /// <summary>The <c>map_extra</c> number, whose meaning depends on the type.</summary>
    public ulong Extra { get; set; }

    /// <summary>The NUMA node to put it on, or null for any.</summary>
    public uint? NumaNode { get; set; }

    /// <summary>The key's type in <see cref="ObjectSpec.Btf"/>, or 0 where there is none or the map type takes none.</summary>
    public uint KeyTypeId { get; set; }

    /// <summary>The value's type in <see cref="ObjectSpec.Btf"/>, or 0 where there is none or the map type takes none.</summary>
    public uint ValueTypeId { get; set; }

    /// <summary>What the one value of a data map starts as (<see cref="ValueSize"/> bytes), or null for an empty map.</summary>
    public byte[]? InitialContents { get; set; }

    /// <summary>Whether nothing may be written from user space after <see cref="InitialContents"/> is in (<c>.rodata</c>).</summary>
    public bool Frozen { get; set; }

    /// <summary>Whether the object asks to have it pinned by name (<c>LIBBPF_PIN_BY_NAME</c>).</summary>
    public bool PinByName { get; set; }

    /// <summary>What the maps are like that this map will hold; null where it holds none, or the object does not tell.</summary>
    public MapSpec? InnerMap { get; set; }

    /// <summary>Maps (of a map of maps) or programs (of a program array) that it holds from the start: their names, by index.</summary>
    public IReadOnlyDictionary<uint, string> InitialValues { get; internal set; } = new Dictionary<uint, string>();

    /// <summary>Whether it holds maps.</summary>
    public bool IsMapOfMaps => Type is BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps;

    /// <summary>What operations of the kernel it implements; null where it is no map of type StructOps.</summary>
    internal StructOpsSpec? StructOps { get; set; }

    /// <summary>Bytes from the start of its definition to the member <c>values</c>; null where it has none.</summary>
    internal uint? ValuesOffset { get; set; }
}
