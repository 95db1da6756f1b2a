using System.CommandLine;
using System.CommandLine.Help;
using Sockmap.Cli.Options;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap</c> itself: the commands below it, and the options of all.</summary>
internal sealed class SockmapCommand : Command
{
    /// <summary>The whole tree of commands.</summary>
    // No RootCommand: that one is named after the assembly, which cannot be called sockmap.
    public SockmapCommand()
        : base("sockmap", "Gives local TCP a short cut past the network stack (SOCKHASH, sk_msg, sock_ops).")
    {
        HelpOption help = new();
        help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        Add(help);
        Add(new VersionOption());
        Add(Global.BpfFileSystem);
        Add(Global.Json);
        Add(Global.Verbose);
        Add(new InstallCommand(Global));
        Add(new StatusCommand(Global));
        Add(new EntriesCommand(Global));
        Add(new StatsCommand(Global));
        Add(new RemoveCommand(Global));
        Add(new TestCommand(Global));
        Add(new BenchCommand(Global));
        Add(new ProxyCommand(Global));
        Add(new CheckCommand(Global));
        Add(new DemoCommand(Global));
        Add(new RunWorkerCommand(Global));
        Add(new DemoServerCommand(Global));
        Add(new DemoClientCommand(Global));
        SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Error.WriteLine("sockmap: a command is missing.\nTry 'sockmap --help'.");
            return (int)ExitCode.Usage;
        });
    }

    /// <summary>The options of all commands.</summary>
    public GlobalOptions Global { get; } = new();
}
