using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>The parts of an object file that only linking looks at.</summary>
internal sealed class ObjectContents
{
    /// <summary>The object's name for messages: of a file its path.</summary>
    public required string Source { get; init; }

    /// <summary>The types as the compiler wrote them, for comparing with the kernel's.</summary>
    public required BtfSpec? RawBtf { get; init; }

    /// <summary>The sections of code, by their section number.</summary>
    public required IReadOnlyDictionary<int, CodeSection> Code { get; init; }

    /// <summary>The maps of <c>.maps</c>, by their place in it.</summary>
    public required IReadOnlyDictionary<ulong, MapSpec> MapsByOffset { get; init; }

    /// <summary>The number of the section <c>.maps</c>; -1 where there is none.</summary>
    public required int MapsSection { get; init; }

    /// <summary>Data maps, by their section number.</summary>
    public required IReadOnlyDictionary<int, MapSpec> DataMaps { get; init; }

    /// <summary>Places in data sections at which pointers are stored, by section number.</summary>
    public required IReadOnlyDictionary<int, IReadOnlyList<ulong>> Pointers { get; init; }

    /// <summary>What the object takes from the kernel, by name.</summary>
    public required IReadOnlyDictionary<string, ExternSpec> Externs { get; init; }
}
