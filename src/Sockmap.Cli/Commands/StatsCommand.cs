using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Statistics;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap stats</c>.</summary>
internal sealed class StatsCommand : CommandBase
{
    private readonly NameArgument nameArgument = new("The bypass; without it all.");

    private readonly Option<StatisticsGrouping> byOption = new("--by")
    {
        Description = "What to sum over; without it the whole bypass.",
        HelpName = "bypass|cgroup|port|cgroup-and-port",
        CustomParser = ValueParsers.Grouping,
    };

    private readonly Option<bool> openMetricsOption = new("--openmetrics")
    {
        Description = "Write OpenMetrics text, which Prometheus and node_exporter's textfile collector take.",
    };

    /// <summary>The command.</summary>
    public StatsCommand(GlobalOptions global)
        : base("stats", "Show what a bypass has counted since it was installed.", global)
    {
        Add(nameArgument);
        Add(byOption);
        Add(openMetricsOption);
        Validators.Add(result =>
        {
            if (result.GetValue(openMetricsOption) && result.GetValue(global.Json))
            {
                result.AddError("--openmetrics and --json: give one of them.");
            }
        });
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        string? name = parsed.GetValue(nameArgument);
        StatisticsGrouping grouping = parsed.GetValue(byOption);
        BypassManager manager = invocation.Manager;
        IReadOnlyList<BypassStatus> bypasses = name is null ? manager.List() : [manager.Get(name)];
        List<SockmapStatistics> statistics = [];
        foreach (BypassStatus bypass in bypasses)
        {
            // One bypass that another version made must not hide the counters of the rest.
            if (bypass.State == BypassState.Foreign && name is null)
            {
                invocation.Terminal.ErrorLine(
                    $"sockmap: bypass '{bypass.Name}' was made by another version; its counters are not shown.");
            }
            else
            {
                statistics.AddRange(manager.GetStatistics(bypass.Name, grouping));
            }
        }

        if (parsed.GetValue(openMetricsOption))
        {
            invocation.Terminal.Out.Write(OpenMetrics.Write(bypasses, statistics));
        }
        else if (invocation.Json)
        {
            JsonOutput.WriteArray(invocation.Terminal.Out, statistics, CliJsonContext.Default.SockmapStatistics);
        }
        else if (bypasses.Count == 0)
        {
            invocation.Terminal.Line(StatusCommand.NothingInstalled);
        }
        else
        {
            StatsView.Write(invocation.Terminal, statistics, grouping);
        }

        return Task.FromResult(ExitCode.Done);
    }
}
