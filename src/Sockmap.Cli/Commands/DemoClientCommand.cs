using System.CommandLine;
using Sockmap.Cli.Demo;
using Sockmap.Cli.Options;
using Sockmap.Workers;

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
        WorkerCgroup.Join(parsed.GetRequiredValue(cgroupOption));
        SharedCpu.Join();
        EchoClient.Run(new ParentLink(Console.In, invocation.Terminal.Out), parsed.GetRequiredValue(portOption));
        return Task.FromResult(ExitCode.Done);
    }
}
