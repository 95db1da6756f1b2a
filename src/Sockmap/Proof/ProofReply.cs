namespace Sockmap.Proof;

/// <summary>What the worker has done and seen.</summary>
internal sealed record ProofReply
{
    /// <summary>How far it came.</summary>
    public required ProofOutcome Outcome { get; init; }

    /// <summary>Why no further; empty where it is done.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>Address of both ends; null where there was no connection.</summary>
    public string? Address { get; init; }

    /// <summary>Port that was listened on, host order.</summary>
    public int Port { get; init; }

    /// <summary>The end that connected.</summary>
    public ProofEnd? Client { get; init; }

    /// <summary>The end that accepted.</summary>
    public ProofEnd? Server { get; init; }
}
