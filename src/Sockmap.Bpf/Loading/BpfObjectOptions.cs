using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Loading;

/// <summary>What to load of an object, and into what.</summary>
public sealed record BpfObjectOptions
{
    /// <summary>
    /// The programs to load, by name; null for all but those of <c>SEC("?...")</c>. Programs that stand in a program
    /// array which one of these uses are loaded too.
    /// </summary>
    public IReadOnlyCollection<string>? Programs { get; init; }

    /// <summary>
    /// Maps that are there already and are used in place of the object's, by the name in the object.
    /// They stay the caller's: the loaded object does not close them.
    /// </summary>
    public IReadOnlyDictionary<string, BpfMap>? MapReplacements { get; init; }

    /// <summary>
    /// The directory on a bpffs in which maps that ask to be pinned by name (<c>LIBBPF_PIN_BY_NAME</c>) are looked for
    /// and pinned; null for <see cref="BpfFileSystem.StandardMountPoint"/>, which is mounted when it is not.
    /// </summary>
    public string? MapPinDirectory { get; init; }

    /// <summary>The kernel's types, where the caller has them already; null to read them when they are needed.</summary>
    public BtfSpec? KernelBtf { get; init; }

    /// <summary>Is told each step in the kernel, in one sentence.</summary>
    public Action<string>? Log { get; init; }
}
