using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap remove</c>.</summary>
internal sealed class RemoveCommand : CommandBase
{
    private readonly NameArgument nameArgument = new($"The bypass; without it '{BypassSettings.DefaultName}'.");

    private readonly Option<bool> forceOption = new("--force", "-f")
    {
        Description = "Do not wait: bytes that nobody has read yet are dropped, and their connections corrupted.",
    };

    private readonly TimeoutOption timeoutOption = new("How long to wait for readers.");

    /// <summary>The command.</summary>
    public RemoveCommand(GlobalOptions global)
        : base("remove", "Remove a bypass; connections go on over TCP without a byte lost.", global)
    {
        Add(nameArgument);
        Add(forceOption);
        Add(timeoutOption);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        Terminal terminal = invocation.Terminal;
        RemovalResult result = invocation.Manager.Remove(
            parsed.GetValue(nameArgument) ?? BypassSettings.DefaultName,
            new RemoveOptions
            {
                Force = parsed.GetValue(forceOption),
                Timeout = timeoutOption.Read(parsed),
                Progress = invocation.Verbose ? new DrainReport(terminal) : null,
            },
            invocation.CancellationToken);
        if (invocation.Json)
        {
            JsonOutput.Write(terminal.Out, result, CliJsonContext.Default.RemovalResult);
        }
        else if (result.IsComplete)
        {
            string dropped = result.DroppedBytes == 0 ? "" : $" {Quantity.Of((ulong)result.DroppedBytes, "unread byte")} dropped.";
            terminal.Line(
                $"Removed bypass '{result.Name}': {Quantity.Of((ulong)result.RemovedEntries, "socket")} went back to TCP.{dropped}");
        }
        else
        {
            EntryView.Write(terminal, result.Remaining, showBypass: false);
        }

        if (result.IsComplete)
        {
            return Task.FromResult(ExitCode.Done);
        }

        ulong unread = result.Remaining.Aggregate(0ul, (sum, entry) => sum + entry.QueuedBytes);
        terminal.ErrorLine(
            $"sockmap: {Quantity.Of((ulong)result.Remaining.Count, "socket")} of bypass '{result.Name}' still "
            + $"with {Quantity.Of(unread, "unread byte")}; the connections go on over TCP. Remove it again when "
            + "they are read, or with --force to drop them.");
        return Task.FromResult(ExitCode.Incomplete);
    }
}
