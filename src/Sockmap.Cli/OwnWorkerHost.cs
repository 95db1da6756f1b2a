using Sockmap.Cli.Commands;
using Sockmap.Workers;

namespace Sockmap.Cli;

/// <summary>Has this same program do the work of workers, by a hidden command.</summary>
internal sealed class OwnWorkerHost : IWorkerHost
{
    /// <summary>This program with other arguments.</summary>
    public static WorkerCommand Rerun(params IEnumerable<string> arguments)
    {
        string program = Environment.ProcessPath!;

        // Run as `dotnet Sockmap.Cli.dll` this process is dotnet.
        return string.Equals(Path.GetFileName(program), "dotnet", StringComparison.Ordinal)
            ? new WorkerCommand(program, [Path.Combine(AppContext.BaseDirectory, "Sockmap.Cli.dll"), .. arguments])
            : new WorkerCommand(program, [.. arguments]);
    }

    /// <inheritdoc/>
    public WorkerCommand CommandFor(string job) => Rerun(RunWorkerCommand.CommandName, job);
}
