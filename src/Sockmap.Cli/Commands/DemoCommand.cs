using System.CommandLine;
using Sockmap.Bpf.Features;
using Sockmap.Bypasses;
using Sockmap.Cli.Demo;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Support;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap demo</c>.</summary>
internal sealed class DemoCommand(GlobalOptions global) : CommandBase(
    "demo",
    "Show it: two processes in a cgroup of their own talk over TCP without and with a bypass. Leaves nothing behind.",
    global)
{
    /// <inheritdoc/>
    protected override async Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        Terminal terminal = invocation.Terminal;
        IReadOnlyList<string> missing = Privileges.Missing(ProcessCapabilities.Read());
        if (missing.Count > 0)
        {
            throw new BypassException(
                BypassError.PermissionDenied,
                "The demo loads programs into the kernel and attaches them to a cgroup that it makes, which takes root "
                + $"(missing here: {string.Join(", ", missing)}); run it with sudo.");
        }

        Action<string> tell = invocation.Json ? _ => { } : terminal.Line;
        DemoReport report = await new DemoRun(invocation.Manager, tell).RunAsync(invocation.CancellationToken);
        if (invocation.Json)
        {
            JsonOutput.Write(terminal.Out, report, CliJsonContext.Default.DemoReport);
        }
        else
        {
            DemoView.Write(terminal, report);
        }

        return report.Succeeded ? ExitCode.Done : ExitCode.Failed;
    }
}
