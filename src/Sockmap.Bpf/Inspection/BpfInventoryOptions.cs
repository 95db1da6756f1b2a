namespace Sockmap.Bpf.Inspection;

/// <summary>How a listing is done.</summary>
public sealed record BpfInventoryOptions
{
    /// <summary>Whether the processes that hold an object are looked for.</summary>
    public bool FindHolders { get; init; } = true;

    /// <summary>Whether the pins that hold an object are looked for.</summary>
    public bool FindPins { get; init; } = true;

    /// <summary>
    /// Takes what went wrong with one object or folder, whereupon the listing goes on; null to throw it.
    /// It is called on the thread that enumerates.
    /// </summary>
    public Action<BpfException>? Problem { get; init; }

    /// <summary>Takes a line about each step.</summary>
    public Action<string>? Log { get; init; }
}
