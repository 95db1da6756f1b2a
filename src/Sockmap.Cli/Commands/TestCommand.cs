using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Proof;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap test</c>.</summary>
internal sealed class TestCommand : CommandBase
{
    private readonly NameArgument nameArgument = new($"The bypass; '{BypassSettings.DefaultName}' where none is given.");

    private readonly TimeoutOption timeoutOption = new("How long all of it may take.");

    /// <summary>The command.</summary>
    public TestCommand(GlobalOptions global)
        : base("test", "Prove that a bypass works: connect inside its cgroup and outside, and have the kernel tell which bytes skipped TCP.", global)
    {
        Add(nameArgument);
        Add(timeoutOption);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        ProofResult result = invocation.Manager.Prove(
            parsed.GetValue(nameArgument) ?? BypassSettings.DefaultName,
            new ProofOptions { Worker = new OwnWorkerHost(), Timeout = timeoutOption.Read(parsed) },
            invocation.CancellationToken);
        if (invocation.Json)
        {
            JsonOutput.Write(invocation.Terminal.Out, result, CliJsonContext.Default.ProofResult);
        }
        else
        {
            ProofView.Write(invocation.Terminal, result);
        }

        return Task.FromResult(result.Passed ? ExitCode.Done : ExitCode.Incomplete);
    }
}
