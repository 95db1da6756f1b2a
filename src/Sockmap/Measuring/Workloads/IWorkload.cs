namespace Sockmap.Measuring.Workloads;

/// <summary>A real program: how its server is run, how its client measures, and what the client tells.</summary>
internal interface IWorkload
{
    /// <summary>The programs that it takes.</summary>
    public IReadOnlyList<string> Programs { get; }

    /// <summary>The package of Debian and Ubuntu that they are in.</summary>
    public string Package { get; }

    /// <summary>Bytes of a message where none are given; 0 where it has no such setting.</summary>
    public int UsualMessageSize { get; }

    /// <summary>The smallest and the largest message.</summary>
    public (int Smallest, int Largest) MessageSizes { get; }

    /// <summary>The most connections.</summary>
    public int MaxConnections { get; }

    /// <summary>Starts the server of a way and makes it ready for clients.</summary>
    public void Start(WorkloadPlace place, WorkloadCase measured);

    /// <summary>Runs the client once.</summary>
    /// <param name="place">Where the server runs.</param>
    /// <param name="measured">What to measure.</param>
    /// <param name="seconds">How long, in whole seconds.</param>
    /// <returns>The same figures each time.</returns>
    /// <exception cref="FormatException">The client said something else than it used to.</exception>
    public IReadOnlyList<WorkloadFigure> RunRound(WorkloadPlace place, WorkloadCase measured, int seconds);

    /// <summary>Ends a server that must not be killed. All others are.</summary>
    public void Stop(WorkloadPlace place);
}
