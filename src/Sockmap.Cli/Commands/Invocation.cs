using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;

namespace Sockmap.Cli.Commands;

/// <summary>What every command runs with.</summary>
/// <param name="Terminal">Where it writes.</param>
/// <param name="Manager">The bypasses of the bpffs that was asked for.</param>
/// <param name="BpfFileSystem">Root of the bpffs that was asked for; null for the standard one.</param>
/// <param name="Json">Write JSON.</param>
/// <param name="Verbose">Tell each step.</param>
/// <param name="CancellationToken">Cancelled by Ctrl+C, SIGTERM and SIGHUP.</param>
internal sealed record Invocation(
    Terminal Terminal,
    BypassManager Manager,
    string? BpfFileSystem,
    bool Json,
    bool Verbose,
    CancellationToken CancellationToken)
{
    /// <summary>The invocation that a command line asks for.</summary>
    public static Invocation Of(ParseResult parsed, GlobalOptions global, CancellationToken cancellationToken)
    {
        Terminal terminal = Terminal.Of(parsed);
        bool verbose = parsed.GetValue(global.Verbose);
        BypassManager manager = new(new BypassManagerOptions
        {
            BpfFileSystem = parsed.GetValue(global.BpfFileSystem),
            Log = verbose ? step => terminal.ErrorLine($"verbose: {PlainText.OneLine(step)}") : null,
        });
        return new Invocation(terminal, manager, parsed.GetValue(global.BpfFileSystem), parsed.GetValue(global.Json), verbose, cancellationToken);
    }
}
