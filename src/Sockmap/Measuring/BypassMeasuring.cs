using Sockmap.Bpf;
using Sockmap.Bpf.Loading;
using Sockmap.Bypasses;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>
/// Measures plain TCP, a bypass, UNIX sockets and the programs of another object side by side on this machine: the same two
/// processes on the same CPUs, in short rounds that take turns.
/// </summary>
/// <param name="manager">The bypass that is measured is installed by it, under a name of its own.</param>
/// <param name="log">Told each step, one sentence each.</param>
public sealed class BypassMeasuring(BypassManager manager, Action<string>? log = null)
{
    /// <summary>
    /// Measures as the rows are asked for: those of a case come together, plain TCP first. What a run makes (three cgroups, a
    /// bypass, two processes) is gone when the enumeration ends, also by an error, by cancellation, or when it is left early.
    /// </summary>
    /// <param name="options">What to measure.</param>
    /// <param name="host">Starts server and client.</param>
    /// <param name="progress">Told after each round, on the thread that enumerates.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BypassException">An option cannot be, or the object has not what it takes (InvalidSetting);
    /// something else makes plain TCP skip TCP here (NotMeasurable); a process of the run failed or hung
    /// (WorkerFailed); or the kernel refused.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<Measurement> Run(
        MeasureOptions options, IWorkerHost host, IProgress<MeasureProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(host);
        return Rows(MeasureRules.Check(options), host, progress, cancellationToken);
    }

    private IEnumerable<Measurement> Rows(MeasureOptions options, IWorkerHost host, IProgress<MeasureProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<MeasureCase> cases = MeasureCase.Of(options);
        using MeasureRun run = Guard(() => MeasureRun.Begin(manager, options, cases.Count, host, progress, log, cancellationToken));
        foreach (MeasureCase measured in cases)
        {
            foreach (Measurement row in Guard(() => run.Measure(measured)))
            {
                yield return row;
            }
        }
    }

    private static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (WorkerException e)
        {
            throw new BypassException(BypassError.WorkerFailed, e.Message, e);
        }
        catch (BpfException e)
        {
            throw KernelError.Explain(e);
        }
        catch (BpfRelocationException e)
        {
            throw new BypassException(BypassError.KernelUnsupported, e.Message, e);
        }
    }
}
