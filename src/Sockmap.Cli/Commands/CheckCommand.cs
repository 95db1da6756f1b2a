using System.CommandLine;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Support;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap check</c>.</summary>
internal sealed class CheckCommand : CommandBase
{
    private readonly Option<string?> cgroupOption = new("--cgroup", "-c")
    {
        Description = "Check with this cgroup v2 folder; without it the root of the mount.",
        HelpName = "DIR",
    };

    /// <summary>The command.</summary>
    public CheckCommand(GlobalOptions global)
        : base("check", "Try on this machine each thing that a bypass needs.", global) =>
        Add(cgroupOption);

    /// <summary>
    /// A machine will do when every required check is supported; one that could not be tried does not count. Without
    /// privileges nothing can be said of the machine.
    /// </summary>
    internal static ExitCode Judge(IEnumerable<SupportCheck> checks)
    {
        string[] missing =
        [
            .. checks
                .Where(check => check.Need == SupportNeed.Required && check.State != SupportState.Supported)
                .Select(check => check.Name),
        ];
        return missing switch
        {
            [] => ExitCode.Done,
            _ when missing.Contains("Privileges", StringComparer.Ordinal) => ExitCode.NoPrivilege,
            _ => ExitCode.Unsupported,
        };
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        List<SupportCheck> checks = [.. SupportProbe.Run(parsed.GetValue(cgroupOption), invocation.CancellationToken)];
        ExitCode verdict = Judge(checks);
        if (invocation.Json)
        {
            JsonOutput.WriteArray(invocation.Terminal.Out, checks, CliJsonContext.Default.SupportCheck);
        }
        else
        {
            CheckView.Write(invocation.Terminal, checks);
            invocation.Terminal.Line(verdict switch
            {
                ExitCode.Done => "A bypass can be installed here.",
                ExitCode.NoPrivilege => "Whether a bypass can be installed here cannot be told without privileges; run it with sudo.",
                _ => "No bypass can be installed here: a required check is not supported.",
            });
        }

        return Task.FromResult(verdict);
    }
}
