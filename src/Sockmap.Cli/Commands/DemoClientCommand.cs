using System.CommandLine;
using Sockmap.Cli.Demo;
using Sockmap.Cli.Options;

namespace Sockmap.Cli.Commands;

/// <summary>The demo's client; started by <c>sockmap demo</c>, not by people.</summary>
internal sealed class DemoClientCommand : CommandBase
{
    private readonly Option<string> cgroupOption = new("--cgroup") { Required = true };
    private readonly Option<int> portOption = new("--port") { Required = true };

    /// <summary>The command.</summary>
    public DemoClientCommand(GlobalOptions global)
        : base("demo-client", "A client of the echo server, in a cgroup.", global)
    {
        Hidden = true;
        Add(cgroupOption);
        Add(portOption);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        DemoCgroup.Join(parsed.GetRequiredValue(cgroupOption));
        SharedCpu.Join();
        EchoClient.Run(new ParentLink(invocation.Terminal.Out), parsed.GetRequiredValue(portOption));
        return Task.FromResult(ExitCode.Done);
    }
}
