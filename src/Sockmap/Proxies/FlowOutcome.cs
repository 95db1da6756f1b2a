namespace Sockmap.Proxies;

/// <summary>What a flow waits for.</summary>
internal enum FlowOutcome
{
    /// <summary>An event of its sockets, or a signal.</summary>
    Idle,

    /// <summary>Its turn: it has more to do, and others want theirs.</summary>
    Again,

    /// <summary>A moment: the kernel is about to send what comes before.</summary>
    Soon,

    /// <summary>Nothing: an end was reset.</summary>
    Failed,
}
