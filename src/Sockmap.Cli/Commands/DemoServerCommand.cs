using System.CommandLine;
using Sockmap.Cli.Demo;
using Sockmap.Cli.Options;
using Sockmap.Workers;

namespace Sockmap.Cli.Commands;

/// <summary>The demo's server; started by <c>sockmap demo</c>, not by people.</summary>
internal sealed class DemoServerCommand : CommandBase
{
    private readonly Option<string> cgroupOption = new("--cgroup") { Required = true };

    /// <summary>The command.</summary>
    public DemoServerCommand(GlobalOptions global)
        : base("demo-server", "An echo server in a cgroup.", global)
    {
        Hidden = true;
        Add(cgroupOption);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        WorkerCgroup.Join(parsed.GetRequiredValue(cgroupOption));
        SharedCpu.Join();
        EchoServer.Run(new ParentLink(Console.In, invocation.Terminal.Out));
        return Task.FromResult(ExitCode.Done);
    }
}
