using System.CommandLine;
using Sockmap.Cli.Options;

namespace Sockmap.Cli.Commands;

/// <summary>A command that runs with an <see cref="Invocation"/> and ends with an <see cref="ExitCode"/>.</summary>
internal abstract class CommandBase : Command
{
    /// <summary>A command of this name.</summary>
    protected CommandBase(string name, string description, GlobalOptions global)
        : base(name, description) =>
        SetAction(async (parsed, cancellationToken) =>
            (int)await RunAsync(parsed, Invocation.Of(parsed, global, cancellationToken)));

    /// <summary>Does what the command is for. Errors are exceptions.</summary>
    protected abstract Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation);
}
