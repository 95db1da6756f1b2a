namespace Sockmap.Measuring;

/// <summary>One end of one way: the sockets and threads of server or client. Disposing it closes and ends them.</summary>
internal interface IMeasuredEnd : IDisposable
{
    /// <summary>What the other end has to know.</summary>
    public MeasureReply Describe();

    /// <summary>Runs a round.</summary>
    public MeasureReply RunRound(TimeSpan time);

    /// <summary>What the connections have sent.</summary>
    public MeasureReply ReadTotals();

    /// <summary>Ends the threads and closes the sockets.</summary>
    public MeasureReply Close();
}
