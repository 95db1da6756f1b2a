namespace Sockmap.Bpf.Instructions;

/// <summary>The machine code of one function of a program.</summary>
public sealed record JitedFunctionRecord
{
    /// <summary>The id of the program.</summary>
    public required uint ProgId { get; init; }

    /// <summary>The number of the function in the program; 0 is where it begins.</summary>
    public required int Index { get; init; }

    /// <summary>The function's name, from the BTF; empty where that has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where it lies in the kernel; 0 where the kernel hides addresses.</summary>
    public ulong Address { get; init; }

    /// <summary>The machine code.</summary>
    public byte[] Code { get; init; } = [];
}
