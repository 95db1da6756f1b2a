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

    /// <summary>The maps that the object defines, by section number and by their place in it.</summary>
    public required IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, MapSpec>> DefinedMaps { get; init; }

    /// <summary>Data maps, by their section number.</summary>
    public required IReadOnlyDictionary<int, MapSpec> DataMaps { get; init; }

    /// <summary>Places in data sections at which pointers are stored, in rising order, by section number.</summary>
    public required IReadOnlyDictionary<int, ulong[]> Pointers { get; init; }

    /// <summary>The settings of the kernel that the object asks for, by name.</summary>
    public required IReadOnlyDictionary<string, SettingSpec> Settings { get; init; }

    /// <summary>The map that holds them; null where there are none.</summary>
    public required MapSpec? SettingsMap { get; init; }

    /// <summary>What the object takes from the kernel, by name.</summary>
    public required IReadOnlyDictionary<string, ExternSpec> Externs { get; init; }
}
