using System.Diagnostics;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Statistics;
using Sockmap.Workers;

namespace Sockmap.Measuring.Workloads;

/// <summary>All that a run has: a cgroup for each way, and the bypass of one. Disposing it removes every bit of it.</summary>
internal sealed class WorkloadRun : IDisposable
{
    private static readonly MeasurementArm[] Arms = [MeasurementArm.Tcp, MeasurementArm.Bypass];

    // What comes last uses what came first.
    private readonly HeldResources _held = new();
    private readonly Dictionary<MeasurementArm, string> _cgroups = [];
    private readonly BypassManager _manager;
    private readonly WorkloadOptions _options;
    private readonly IProgress<MeasureProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly string _machine = MachineText.Describe();
    private readonly int _seconds;
    private readonly int _total;
    private readonly long _began = Stopwatch.GetTimestamp();
    private string _bypass = string.Empty;
    private int _done;

    private WorkloadRun(BypassManager manager, WorkloadOptions options, int cases, IProgress<MeasureProgress>? progress, CancellationToken cancellationToken)
    {
        _manager = manager;
        _options = options;
        _seconds = Math.Max(1, (int)Math.Ceiling(options.RoundTime.TotalSeconds));
        _total = cases * Arms.Length * (options.Rounds + 1);
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Makes all that the options ask for.</summary>
    public static WorkloadRun Begin(
        BypassManager manager, WorkloadOptions options, int cases, IProgress<MeasureProgress>? progress, CancellationToken cancellationToken)
    {
        WorkloadRun run = new(manager, options, cases, progress, cancellationToken);
        try
        {
            run.Prepare();
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Measures both ways in one case, their rounds in turns; each has a server of its own, which stays for all of its rounds.</summary>
    public IReadOnlyList<Measurement> Measure(WorkloadCase measured)
    {
        IWorkload workload = WorkloadRules.Create(measured.Workload);
        Dictionary<MeasurementArm, WorkloadPlace> places = [];
        try
        {
            foreach (MeasurementArm arm in Arms)
            {
                places[arm] = new WorkloadPlace(_cgroups[arm], _options.Cpus, _cancellationToken);
                workload.Start(places[arm], measured);
            }

            return MeasureRounds(workload, measured, places);
        }
        catch (FormatException e)
        {
            throw new BypassException(BypassError.WorkerFailed, e.Message, e);
        }
        finally
        {
            End(workload, places.Values);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();

    private static void End(IWorkload workload, IEnumerable<WorkloadPlace> places)
    {
        BypassException? failure = null;
        foreach (WorkloadPlace place in places)
        {
            place.BeginEnd();
            try
            {
                // Killed by the place, where it cannot be ended well.
                using (place)
                {
                    workload.Stop(place);
                }
            }
            catch (BypassException e)
            {
                failure = e;
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private void Prepare()
    {
        string root = CgroupHierarchy.FindRoot();

        // Beside each other and not below one of the run's: those that a killed run leaves go with the next, one by one.
        foreach (MeasurementArm arm in Arms)
        {
            _cgroups[arm] = _held.Hold(WorkerCgroup.Create(root, MeasureRun.CgroupPrefix)).Path;
        }

        MeasureRun.RequireNoBypassOn(_manager, _cgroups[MeasurementArm.Tcp]);
        _bypass = _held.Hold(TemporaryBypass.Install(
            _manager,
            new BypassSettings
            {
                Cgroup = _cgroups[MeasurementArm.Bypass],
                MaxEntries = Math.Max(MeasureRun.FewestEntries, 4 * _options.Connections.Max()),
                Variant = _options.Variant,
                QueueLimit = _options.QueueLimit,
            },
            _cancellationToken)).Name;
    }

    private IReadOnlyList<Measurement> MeasureRounds(IWorkload workload, WorkloadCase measured, Dictionary<MeasurementArm, WorkloadPlace> places)
    {
        MeasurementArm[] order = [.. Arms];
        Dictionary<MeasurementArm, WorkloadRounds> rounds = order.ToDictionary(arm => arm, _ => new WorkloadRounds());
        SockmapStatistics before = ReadCounters();
        for (int round = 0; round <= _options.Rounds; round++)
        {
            Random.Shared.Shuffle(order);
            foreach (MeasurementArm arm in order)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                IReadOnlyList<WorkloadFigure> figures = workload.RunRound(places[arm], measured, _seconds);

                // The first warms up.
                if (round > 0)
                {
                    rounds[arm].Add(figures);
                }

                Report(measured);
            }
        }

        SockmapStatistics after = ReadCounters();
        rounds[MeasurementArm.Bypass].BytesRedirected = after.BytesRedirected - before.BytesRedirected;
        rounds[MeasurementArm.Bypass].BytesOverTcp = after.BytesOverTcp - before.BytesOverTcp;
        Measurement[][] rows = [.. Arms.Select(arm => rounds[arm].ToMeasurements(arm, rounds[MeasurementArm.Tcp], measured, _options, _machine).ToArray())];

        // Both ways of a figure together.
        return [.. Enumerable.Range(0, rows[0].Length).SelectMany(index => rows.Select(arm => arm[index]))];
    }

    private SockmapStatistics ReadCounters() => _manager.GetStatistics(_bypass)[0];

    private void Report(WorkloadCase measured)
    {
        _done++;
        TimeSpan each = Stopwatch.GetElapsedTime(_began) / _done;
        _progress?.Report(new MeasureProgress(measured.ToString(), _done, _total, each * (_total - _done)));
    }
}
