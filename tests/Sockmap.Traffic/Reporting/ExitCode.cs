namespace Sockmap.Traffic.Reporting;

/// <summary>How a traffic process ends.</summary>
public enum ExitCode
{
    Success = 0,

    /// <summary>Bad arguments, or the process could not be placed.</summary>
    Setup = 1,

    /// <summary>A byte is wrong, lost, doubled or out of order.</summary>
    WrongBytes = 2,

    /// <summary>A direction made no progress for the timeout.</summary>
    Stalled = 3,

    /// <summary>A system call failed on a stream (reset, broken pipe…).</summary>
    SystemCall = 4,
}
