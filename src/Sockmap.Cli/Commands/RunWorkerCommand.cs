using System.CommandLine;
using Sockmap.Cli.Options;
using Sockmap.Workers;

namespace Sockmap.Cli.Commands;

/// <summary>A process that goes into a cgroup and works there; started by other commands, not by people.</summary>
internal sealed class RunWorkerCommand : CommandBase
{
    /// <summary>Its name.</summary>
    public const string CommandName = "worker";

    private readonly Argument<string> jobArgument = new("JOB");

    /// <summary>The command.</summary>
    public RunWorkerCommand(GlobalOptions global)
        : base(CommandName, "Work in a cgroup.", global)
    {
        Hidden = true;
        Add(jobArgument);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation) => Task.FromResult(
        (ExitCode)WorkerJobs.Run(parsed.GetRequiredValue(jobArgument), Console.In, invocation.Terminal.Out, invocation.Terminal.Error));
}
