namespace SockmapPS.Output;

/// <summary>A program or map that Import-BpfObject put into the kernel, or a map that it found there and used.</summary>
public sealed class ImportedBpfObject
{
    /// <summary>Program or Map.</summary>
    public required string Kind { get; init; }

    /// <summary>Its id in the kernel.</summary>
    public required uint Id { get; init; }

    /// <summary>Its name in the object file; the kernel keeps the first 15 bytes.</summary>
    public required string Name { get; init; }

    /// <summary>The type of the program or map.</summary>
    public required string Type { get; init; }

    /// <summary>Its pin; null for a map that lives only as long as the programs that use it.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the map was there before: a replacement, or one pinned under its name.</summary>
    public required bool Existed { get; init; }

    /// <summary>The object file.</summary>
    public required string Source { get; init; }
}
