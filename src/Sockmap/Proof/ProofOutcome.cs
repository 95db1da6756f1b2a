namespace Sockmap.Proof;

/// <summary>How far the worker came.</summary>
internal enum ProofOutcome
{
    /// <summary>Every byte came as it was sent.</summary>
    Done,

    /// <summary>The cgroup could not be joined.</summary>
    NotJoined,

    /// <summary>None of the ports is free on any of the addresses.</summary>
    NoPort,

    /// <summary>The connection was not made, or bytes were wrong or did not come.</summary>
    Broken,
}
