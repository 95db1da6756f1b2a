using Sockmap.Bypasses;

namespace Sockmap.Measuring.Workloads;

/// <summary>
/// Measures real programs over plain TCP and with a bypass on this machine: server and client on the same CPUs, in rounds that
/// take turns, and the figures are the program's own.
/// </summary>
/// <param name="manager">The bypass that is measured is installed by it, under a name of its own.</param>
public sealed class WorkloadMeasuring(BypassManager manager)
{
    /// <summary>
    /// Measures as the rows are asked for: those of a case come together, plain TCP first. What a run makes (two cgroups, a
    /// bypass, servers, their folders) is gone when the enumeration ends, also by an error, by cancellation, or when it is
    /// left early. It has to be enumerated on one thread: the programs are killed with the thread that starts them.
    /// </summary>
    /// <param name="options">What to measure.</param>
    /// <param name="progress">Told after each round, on the thread that enumerates.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>
    /// Latency: median and further quantiles are the medians of what the program told in each round, the maximum is the
    /// largest. The share of bytes that skipped TCP is by the counters of the bypass.
    /// </returns>
    /// <exception cref="BypassException">An option cannot be (InvalidSetting); a program is not installed, or something
    /// else makes plain TCP skip TCP here (NotMeasurable); a program failed or hung (WorkerFailed); or the kernel refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<Measurement> Run(WorkloadOptions options, IProgress<MeasureProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Rows(WorkloadRules.Check(options), progress, cancellationToken);
    }

    private IEnumerable<Measurement> Rows(WorkloadOptions options, IProgress<MeasureProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<WorkloadCase> cases = WorkloadRules.CasesOf(options);
        using WorkloadRun run = WorkloadRun.Begin(manager, options, cases.Count, progress, cancellationToken);
        foreach (WorkloadCase measured in cases)
        {
            foreach (Measurement row in run.Measure(measured))
            {
                yield return row;
            }
        }
    }
}
