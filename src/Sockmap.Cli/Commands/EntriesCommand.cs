using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Entries;
using Sockmap.Filters;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap entries</c>.</summary>
internal sealed class EntriesCommand : CommandBase
{
    private readonly NameArgument nameArgument = new("The bypass; without it all.");

    private readonly Option<PortRange[]> portsOption = new("--port", "-p")
    {
        Description = "Only sockets with one of these ports at either end.",
        HelpName = "6379,8000-8100",
        CustomParser = ValueParsers.Ports,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>The command.</summary>
    public EntriesCommand(GlobalOptions global)
        : base("entries", "Show the sockets in a bypass; a connection has two, one for each end.", global)
    {
        Add(nameArgument);
        Add(portsOption);
    }

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        string? name = parsed.GetValue(nameArgument);
        PortRange[] ports = parsed.GetValue(portsOption) ?? [];
        List<string> names = name is null ? ReadableNames(invocation) : [name];
        IEnumerable<SockmapEntry> entries = names
            .SelectMany(bypass => invocation.Manager.GetEntries(bypass))
            .Where(entry => ports.Length == 0 || Array.Exists(ports, range => Holds(range, entry)))
            .TakeWhile(_ =>
            {
                invocation.CancellationToken.ThrowIfCancellationRequested();
                return true;
            });
        if (invocation.Json)
        {
            JsonOutput.WriteArray(invocation.Terminal.Out, entries, CliJsonContext.Default.SockmapEntry);
        }
        else if (names.Count == 0)
        {
            invocation.Terminal.Line(StatusCommand.NothingInstalled);
        }
        else if (EntryView.Write(invocation.Terminal, entries, showBypass: names.Count > 1) == 0)
        {
            invocation.Terminal.Line("No sockets: connections are taken in when they are made.");
        }

        return Task.FromResult(ExitCode.Done);
    }

    private static bool Holds(PortRange range, SockmapEntry entry) =>
        Holds(range, entry.LocalPort) || Holds(range, entry.RemotePort);

    private static bool Holds(PortRange range, int port) => range.First <= port && port <= range.Last;

    // One bypass that another version made must not hide the entries of the rest.
    private static List<string> ReadableNames(Invocation invocation)
    {
        List<string> names = [];
        foreach (BypassStatus bypass in invocation.Manager.List())
        {
            if (bypass.State == BypassState.Foreign)
            {
                invocation.Terminal.ErrorLine(
                    $"sockmap: bypass '{bypass.Name}' was made by another version; its entries are not shown.");
            }
            else
            {
                names.Add(bypass.Name);
            }
        }

        return names;
    }
}
