namespace Sockmap.Bpf.Inspection;

/// <summary>A program, map or link that a file on a bpffs keeps.</summary>
public sealed record PinRecord
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>What is pinned.</summary>
    public required ObjectKind Kind { get; init; }

    /// <summary>Its id among its kind.</summary>
    public required uint Id { get; init; }

    /// <summary>The type of the program, map or link, as a word.</summary>
    public string Type { get; init; } = "";

    /// <summary>The name of the program or map, or of the link's program.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where the bpffs is mounted.</summary>
    public string BpfFileSystem { get; init; } = "";
}
