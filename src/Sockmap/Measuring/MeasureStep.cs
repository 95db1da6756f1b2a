namespace Sockmap.Measuring;

/// <summary>What the parent has a process that measures do.</summary>
internal enum MeasureStep
{
    /// <summary>Open one end of a way: the server listens, the client connects.</summary>
    Open,

    /// <summary>Client only: run a round.</summary>
    Round,

    /// <summary>Tell what the open connections have sent so far, and what of it over TCP.</summary>
    Totals,

    /// <summary>Tell the CPU time that the process has had.</summary>
    Usage,

    /// <summary>Close that end.</summary>
    Close,
}
