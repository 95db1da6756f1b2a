using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap status</c>.</summary>
internal sealed class StatusCommand : CommandBase
{
    /// <summary>What people read where there is no bypass.</summary>
    internal const string NothingInstalled = "No bypass is installed; 'sockmap install' installs one.";

    private readonly NameArgument nameArgument = new("The bypass to show in full; without it all, a line each.");

    private readonly Option<bool> exitCodeOption = new("--exit-code")
    {
        Description = $"Exit with {(int)ExitCode.Incomplete} where a bypass that is shown is not healthy.",
    };

    /// <summary>The command.</summary>
    public StatusCommand(GlobalOptions global)
        : base("status", "Show what is installed, as the kernel has it.", global)
    {
        Add(nameArgument);
        Add(exitCodeOption);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        string? name = parsed.GetValue(nameArgument);
        IReadOnlyList<BypassStatus> bypasses = name is null ? invocation.Manager.List() : [invocation.Manager.Get(name)];
        if (invocation.Json)
        {
            JsonOutput.WriteArray(invocation.Terminal.Out, bypasses, CliJsonContext.Default.BypassStatus);
        }
        else if (bypasses.Count == 0)
        {
            invocation.Terminal.Line(NothingInstalled);
        }
        else if (name is null)
        {
            StatusView.WriteList(invocation.Terminal, bypasses);
        }
        else
        {
            StatusView.WriteDetail(invocation.Terminal, bypasses[0]);
        }

        bool unhealthy = parsed.GetValue(exitCodeOption) && bypasses.Any(bypass => !bypass.IsHealthy);
        return Task.FromResult(unhealthy ? ExitCode.Incomplete : ExitCode.Done);
    }
}
