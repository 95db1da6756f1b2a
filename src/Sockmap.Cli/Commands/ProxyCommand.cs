using System.CommandLine;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Proxies;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap proxy</c>: a proxy in this process, for a boot unit.</summary>
internal sealed class ProxyCommand : CommandBase
{
    private static readonly ProxySettings Usual = new() { Listen = [], To = [] };

    private readonly Option<string[]> listenOption = new("--listen", "-l")
    {
        Description = $"Where to listen: {ProxyEndPoint.Forms}; port 0 is any free one.",
        HelpName = "ADDRESS",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> toOption = new("--to", "-t")
    {
        Description = "Where to connect to, each in turn; the next one where nobody listens.",
        HelpName = "ADDRESS",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> nameOption = new("--name", "-n")
    {
        Description = "Name of the proxy; without it one made of where it listens.",
        HelpName = "NAME",
    };

    private readonly Option<int> maxConnectionsOption = new("--max-connections")
    {
        Description = "Connections at the same time; more wait to be accepted.",
        HelpName = "N",
        CustomParser = ValueParsers.Number<int>,
        DefaultValueFactory = _ => Usual.MaxConnections,
    };

    private readonly Option<bool> copyOption = new("--copy") { Description = "Copy all, although it could be spliced." };

    private readonly Option<TimeSpan?> connectTimeoutOption = new("--connect-timeout")
    {
        Description = $"How long a target may take to answer; without it {Usual.ConnectTimeout.TotalSeconds}s.",
        HelpName = "500ms|10s",
        CustomParser = ValueParsers.Duration,
    };

    private readonly Option<TimeSpan?> stopTimeoutOption = new("--stop-timeout")
    {
        Description = $"How long connections may go on after SIGTERM or Ctrl+C; without it {Usual.StopTimeout.TotalSeconds}s.",
        HelpName = "500ms|30s",
        CustomParser = ValueParsers.Duration,
    };

    /// <summary>The command.</summary>
    public ProxyCommand(GlobalOptions global)
        : base("proxy", "Run a proxy whose data the kernel moves, until SIGTERM or Ctrl+C.", global)
    {
        Add(listenOption);
        Add(toOption);
        Add(nameOption);
        Add(maxConnectionsOption);
        Add(copyOption);
        Add(connectTimeoutOption);
        Add(stopTimeoutOption);
    }

    /// <summary>What a command line of this command asks for.</summary>
    internal ProxySettings ReadSettings(ParseResult parsed) => new()
    {
        Name = parsed.GetValue(nameOption),
        Listen = parsed.GetRequiredValue(listenOption),
        To = parsed.GetRequiredValue(toOption),
        MaxConnections = parsed.GetValue(maxConnectionsOption),
        Copy = parsed.GetValue(copyOption),
        ConnectTimeout = parsed.GetValue(connectTimeoutOption) ?? Usual.ConnectTimeout,
        StopTimeout = parsed.GetValue(stopTimeoutOption) ?? Usual.StopTimeout,
    };

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        Terminal terminal = invocation.Terminal;
        ProxyServerOptions options = new()
        {
            BpfFileSystem = invocation.BpfFileSystem,
            AllowUnlisted = true,
            Log = invocation.Verbose ? terminal.ErrorLine : null,
        };
        using ProxyServer server = ProxyServer.Open(ReadSettings(parsed), options);
        string how = server.CopyReason.Length == 0 ? "spliced" : $"copied: {server.CopyReason}";
        string unlisted = server.UnlistedReason.Length == 0 ? "" : $"; not listed: {server.UnlistedReason}";
        terminal.Line($"Proxy '{server.Name}' listens on {string.Join(", ", server.Listening)}, to {string.Join(", ", parsed.GetRequiredValue(toOption))} ({how}{unlisted})");
        terminal.Out.Flush();
        ProxyReport report = server.Run(invocation.CancellationToken);
        if (report.DroppedConnections == 0)
        {
            return Task.FromResult(ExitCode.Done);
        }

        terminal.ErrorLine($"sockmap: {Quantity.Of(report.DroppedConnections, "connection")} had not ended in time and were reset, with {Quantity.Of(report.DroppedBytes, "byte")} on the way.");
        return Task.FromResult(ExitCode.Incomplete);
    }
}
