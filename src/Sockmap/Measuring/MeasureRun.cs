using System.Diagnostics;
using System.Globalization;
using Sockmap.Bypasses;
using Sockmap.Cgroups;
using Sockmap.Filters;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>
/// All that a run has: cgroups, the bypass and the object that are measured, and the two processes. Disposing it removes
/// every bit of it.
/// </summary>
internal sealed class MeasureRun : IDisposable
{
    internal const string CgroupPrefix = "sockmap-measure";
    internal const int FewestEntries = 4096;
    private const double AtMostRedirected = 0.01;

    /// <summary>A filter that lets no connection of a measurement in: its server listens on a port that the kernel chooses.</summary>
    private static readonly PortRange PortOfNobody = new(1, 1);

    private readonly HeldResources _held = new();
    private readonly Dictionary<MeasurementArm, string> _cgroups = [];
    private readonly MeasureOptions _options;
    private readonly IProgress<MeasureProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly string _machine = MachineText.Describe();
    private readonly int _total;
    private MeasurePair _pair = null!;
    private int _done;
    private long _began;

    private MeasureRun(MeasureOptions options, int cases, IProgress<MeasureProgress>? progress, CancellationToken cancellationToken)
    {
        _options = options;
        _total = cases * options.Arms.Count * (options.Rounds + 1);
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <summary>What the loops of both ends allocated so far.</summary>
    public long Allocated { get; private set; }

    /// <summary>Makes all that the options ask for.</summary>
    /// <param name="manager">The bypasses of this host.</param>
    /// <param name="options">What to measure, checked.</param>
    /// <param name="cases">How many cases there will be.</param>
    /// <param name="host">Starts the processes.</param>
    /// <param name="progress">Told after each round.</param>
    /// <param name="log">Told each step.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static MeasureRun Begin(
        BypassManager manager,
        MeasureOptions options,
        int cases,
        IWorkerHost host,
        IProgress<MeasureProgress>? progress,
        Action<string>? log,
        CancellationToken cancellationToken)
    {
        MeasureRun run = new(options, cases, progress, cancellationToken);
        try
        {
            run.Prepare(manager, host, log);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Measures all ways in one case, their rounds in turns.</summary>
    public IReadOnlyList<Measurement> Measure(MeasureCase measured)
    {
        MeasurementArm[] order = [.. _options.Arms];
        Dictionary<MeasurementArm, ArmRounds> rounds = order.ToDictionary(arm => arm, arm => new ArmRounds(measured, arm));
        foreach (MeasurementArm arm in order)
        {
            _pair.Open(arm, measured, _cgroups[arm]);
        }

        for (int round = 0; round <= _options.Rounds; round++)
        {
            Random.Shared.Shuffle(order);
            foreach (MeasurementArm arm in order)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                (MeasureReply reply, double cpuSeconds) = _pair.RunRound(arm);

                // The first warms up.
                if (round > 0)
                {
                    rounds[arm].Add(reply, cpuSeconds);
                    Allocated += reply.Allocated;
                }
                else if (arm == MeasurementArm.Tcp)
                {
                    RequirePlainTcp();
                }

                Report(measured);
            }
        }

        foreach (MeasurementArm arm in _options.Arms)
        {
            (long sent, long overTcp) = _pair.ReadTotals(arm);
            rounds[arm].Add(sent, overTcp);
            Allocated += _pair.Close(arm);
        }

        return [.. _options.Arms.Select(arm => rounds[arm].ToMeasurement(rounds[MeasurementArm.Tcp], _options, _machine))];
    }

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();

    private void Prepare(BypassManager manager, IWorkerHost host, Action<string>? log)
    {
        string root = CgroupHierarchy.FindRoot();
        string outside = MakeCgroup(root);
        RequireNoBypassOn(manager, outside);
        _cgroups[MeasurementArm.Tcp] = outside;
        _cgroups[MeasurementArm.Unix] = outside;
        BypassSettings settings = new()
        {
            MaxEntries = Math.Max(FewestEntries, 4 * _options.Connections.Max()),
            Variant = _options.Variant,
            QueueLimit = _options.QueueLimit,
        };
        Install(MeasurementArm.Bypass, settings);
        Install(MeasurementArm.Beside, settings with { Ports = [PortOfNobody] });

        if (_options.Arms.Contains(MeasurementArm.Object))
        {
            string inside = MakeCgroup(root);
            _cgroups[MeasurementArm.Object] = inside;
            _held.Hold(AttachedObject.Attach(_options.ObjectPath!, inside, log));
        }

        _pair = _held.Hold(MeasurePair.Start(host, _options, _cancellationToken));
        log?.Invoke(string.Create(
            CultureInfo.InvariantCulture,
            $"Process {_pair.Ids.Server} is the server, process {_pair.Ids.Client} the client, on CPU {string.Join(" and ", _options.Cpus)}."));
        _began = Stopwatch.GetTimestamp();

        void Install(MeasurementArm arm, BypassSettings wanted)
        {
            if (_options.Arms.Contains(arm))
            {
                string inside = _cgroups[arm] = MakeCgroup(root);
                _held.Hold(TemporaryBypass.Install(manager, wanted with { Cgroup = inside }, _cancellationToken));
            }
        }
    }

    /// <summary>Plain TCP is not plain below a bypass.</summary>
    /// <exception cref="BypassException">One covers the cgroup (NotMeasurable).</exception>
    internal static void RequireNoBypassOn(BypassManager manager, string cgroup)
    {
        BypassStatus? over = manager.List().FirstOrDefault(status =>
            status.State == BypassState.Active && status.Cgroup is { } path && CgroupHierarchy.IsWithin(cgroup, path));
        if (over is not null)
        {
            throw new BypassException(
                BypassError.NotMeasurable,
                $"Plain TCP cannot be measured beside bypass '{over.Name}', as it covers every process below '{over.Cgroup}': remove it for the time of the measurement.");
        }
    }

    private void RequirePlainTcp()
    {
        (long sent, long overTcp) = _pair.ReadTotals(MeasurementArm.Tcp);
        double redirected = 1 - ((double)overTcp / sent);
        if (redirected > AtMostRedirected)
        {
            throw new BypassException(
                BypassError.NotMeasurable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Plain TCP cannot be measured: {redirected:0%} of its bytes skip TCP by a program that is attached to a cgroup above (bpftool cgroup tree); detach it for the time of the measurement."));
        }
    }

    private string MakeCgroup(string parent) => _held.Hold(WorkerCgroup.Create(parent, CgroupPrefix)).Path;

    private void Report(MeasureCase measured)
    {
        _done++;
        TimeSpan each = Stopwatch.GetElapsedTime(_began) / _done;
        _progress?.Report(new MeasureProgress(measured.ToString(), _done, _total, each * (_total - _done)));
    }
}
