namespace Sockmap.Traffic.Reporting;

/// <summary>What went wrong.</summary>
public enum TrafficErrorKind
{
    /// <summary>A byte differs from the generator's.</summary>
    Mismatch,

    /// <summary>End of stream before the total.</summary>
    EarlyEnd,

    /// <summary>Bytes after the total.</summary>
    TooLong,

    /// <summary>No progress for the timeout.</summary>
    Stall,

    /// <summary>A system call failed.</summary>
    SystemCall,
}
