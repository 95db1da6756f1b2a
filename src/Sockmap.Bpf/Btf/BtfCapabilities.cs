namespace Sockmap.Bpf.Btf;

/// <summary>Which parts of BTF a kernel takes; what it does not take is written as something older that it does.</summary>
/// <remarks>The kernels named are the first ones that take the part.</remarks>
public sealed record BtfCapabilities
{
    /// <summary>A kernel that takes everything known here (6.0 and later).</summary>
    public static BtfCapabilities All { get; } = new();

    /// <summary>Functions and their prototypes, and with them function and line information (5.0).</summary>
    public bool Functions { get; init; } = true;

    /// <summary>Variables and data sections (5.2).</summary>
    public bool DataSections { get; init; } = true;

    /// <summary>Functions with global linkage (5.6).</summary>
    public bool GlobalFunctions { get; init; } = true;

    /// <summary>Floating point types (5.13).</summary>
    public bool Floats { get; init; } = true;

    /// <summary>Tags on declarations (5.16).</summary>
    public bool DeclarationTags { get; init; } = true;

    /// <summary>Tags on types (5.17).</summary>
    public bool TypeTags { get; init; } = true;

    /// <summary>64-bit enumerations, and signed ones (6.0).</summary>
    public bool Enum64 { get; init; } = true;
}
