using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap install</c>.</summary>
internal sealed class InstallCommand : CommandBase
{
    private readonly SettingsOptions settings = new();

    private readonly Option<bool> forceOption = new("--force", "-f")
    {
        Description = "Replace a bypass of this name that has other settings.",
    };

    private readonly Option<bool> establishedOption = new("--include-established", "-i")
    {
        Description = "Put connections in that are established already, in the middle of their streams.",
    };

    private readonly TimeoutOption timeoutOption = new("With --force: how long to wait for readers of the old bypass.");

    /// <summary>The command.</summary>
    public InstallCommand(GlobalOptions global)
        : base("install", "Install a bypass: connections made from then on skip TCP where both ends are local.", global)
    {
        settings.AddTo(this);
        Add(establishedOption);
        Add(forceOption);
        Add(timeoutOption);
    }

    /// <summary>The settings that a command line of this command asks for.</summary>
    internal BypassSettings ReadSettings(ParseResult parsed) => settings.Read(parsed);

    /// <summary>The behaviour that a command line of this command asks for.</summary>
    internal InstallOptions ReadOptions(ParseResult parsed) => new()
    {
        Replace = parsed.GetValue(forceOption),
        Timeout = timeoutOption.Read(parsed),
        IncludeEstablished = parsed.GetValue(establishedOption),
    };

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        InstallResult result = invocation.Manager.Install(
            ReadSettings(parsed), ReadOptions(parsed), invocation.CancellationToken);
        if (invocation.Json)
        {
            JsonOutput.Write(invocation.Terminal.Out, InstallReport.From(result), CliJsonContext.Default.InstallReport);
        }
        else
        {
            WriteResult(invocation.Terminal, result);
        }

        return Task.FromResult(ExitCode.Done);
    }

    private static void WriteResult(Terminal terminal, InstallResult result)
    {
        BypassStatus bypass = result.Bypass;
        string what = $"bypass '{bypass.Name}' on {bypass.Cgroup}: {StatusView.Takes(bypass)}";
        terminal.Line(result.Outcome switch
        {
            InstallOutcome.AlreadyInstalled => $"Nothing to do: {what} is installed already.",
            InstallOutcome.Repaired => $"Repaired and installed {what}.",
            InstallOutcome.Replaced => $"Replaced {what}.",
            _ => $"Installed {what}.",
        });
        if (result.Established is { } established)
        {
            WriteEstablished(terminal, EstablishedReport.From(established));
        }

        foreach (string problem in bypass.Problem)
        {
            terminal.Line($"! {PlainText.OneLine(problem)}");
        }

        if (result.Replaced is { Remaining.Count: > 0 } replaced)
        {
            terminal.Line(
                $"! {Quantity.Of((ulong)replaced.Remaining.Count, "socket")} of the old bypass had unread bytes; "
                + "they stay readable, and these connections go on over TCP.");
        }
    }

    private static void WriteEstablished(Terminal terminal, EstablishedReport established)
    {
        terminal.Line($"Put in {Quantity.Of((ulong)established.Added, "established connection")}.");
        if (established.Problem is { } problem)
        {
            terminal.Line($"! {PlainText.OneLine(problem)}");
        }

        foreach (FailedConnection failed in established.NotAdded)
        {
            terminal.Line($"! {PlainText.OneLine(failed.Message)}");
        }
    }
}
