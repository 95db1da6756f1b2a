using System.Diagnostics;
using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Statistics;
using SockmapPS.Completion;
using SockmapPS.Errors;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Get-SockmapStatistics: what a bypass has counted, once or again and again with rates.</summary>
[Cmdlet(VerbsCommon.Get, "SockmapStatistics", DefaultParameterSetName = AsObjects)]
[OutputType(typeof(SockmapStatistics), ParameterSetName = [AsObjects])]
[OutputType(typeof(string), ParameterSetName = [AsText])]
public sealed class GetSockmapStatisticsCommand : SockmapCommand
{
    private const string AsObjects = "Objects";
    private const string AsText = "OpenMetrics";

    // One wait takes no more than 24 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly List<(string[]? Names, BypassManager Manager, StatisticsRates Rates)> _sources = [];

    /// <summary>Names and wildcards; every bypass where none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Bypass")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BypassNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>What to sum over.</summary>
    [Parameter]
    public StatisticsGrouping By { get; set; }

    /// <summary>Read again and again with this time between.</summary>
    [Parameter(ParameterSetName = AsObjects)]
    [SecondsArgument]
    public TimeSpan? Interval { get; set; }

    /// <summary>How many times.</summary>
    [Parameter(ParameterSetName = AsObjects)]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>Emit OpenMetrics text.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AsText)]
    public SwitchParameter AsOpenMetrics { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void BeginProcessing()
    {
        if (Interval == TimeSpan.Zero)
        {
            BypassException error = new(BypassError.InvalidSetting, "Interval 0 leaves no time to take rates over: give seconds, such as 1.");
            ThrowTerminatingError(error.ToErrorRecord(Interval));
        }
    }

    /// <inheritdoc />
    protected override void ProcessRecord()
    {
        BypassManager manager = OpenManager(BpfFileSystem);
        if (AsOpenMetrics || Interval is not null || Count is not null)
        {
            _sources.Add((Name, manager, new StatisticsRates()));
        }
        else
        {
            ForEachBypass(manager, Name, name => WriteObject(manager.GetStatistics(name, By), enumerateCollection: true));
        }
    }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        if (AsOpenMetrics)
        {
            WriteOpenMetrics();
        }
        else
        {
            WriteSamples();
        }
    }

    private void WriteOpenMetrics()
    {
        List<BypassStatus> bypasses = [];
        List<SockmapStatistics> statistics = [];
        foreach ((string[]? names, BypassManager manager, _) in _sources)
        {
            ForEachBypass(manager, names, name =>
            {
                BypassStatus bypass = manager.Get(name);
                if (bypass.State != BypassState.Foreign)
                {
                    statistics.AddRange(manager.GetStatistics(name, By));
                }

                bypasses.Add(bypass);
            });
        }

        WriteObject(OpenMetrics.Write(bypasses, statistics));
    }

    /// <summary>Until it was done often enough, or there is nothing left to read.</summary>
    private void WriteSamples()
    {
        TimeSpan interval = Interval ?? TimeSpan.FromSeconds(1);
        long begin = Stopwatch.GetTimestamp();
        bool hasRead = _sources.Count > 0;
        for (int sample = 0; hasRead && (Count is null || sample < Count); sample++)
        {
            if (sample > 0)
            {
                TimeSpan due = sample * interval;
                TryRun(() => WaitUntil(begin, due), _ => null);
            }

            hasRead = false;
            foreach ((string[]? names, BypassManager manager, StatisticsRates rates) in _sources)
            {
                ForEachBypass(manager, names, name =>
                {
                    WriteObject(rates.Apply(manager.GetStatistics(name, By)), enumerateCollection: true);
                    hasRead = true;
                });
            }
        }
    }

    private void WaitUntil(long begin, TimeSpan due)
    {
        for (TimeSpan rest = due - Stopwatch.GetElapsedTime(begin); rest > TimeSpan.Zero; rest = due - Stopwatch.GetElapsedTime(begin))
        {
            StopToken.WaitHandle.WaitOne(rest < LongestWait ? rest : LongestWait);
            StopToken.ThrowIfCancellationRequested();
        }
    }
}
