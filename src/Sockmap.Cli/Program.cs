using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using Sockmap.Cli.Commands;
using Sockmap.Cli.Output;

namespace Sockmap.Cli;

/// <summary>The <c>sockmap</c> command.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        using CancellationTokenSource interrupted = new();
        void Interrupt(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
        return (int)await RunAsync(arguments, Console.Out, Console.Error, interrupted.Token);
    }

    /// <summary>Parses and runs one command line; every error ends here, as one line and an exit code.</summary>
    internal static async Task<ExitCode> RunAsync(
        IReadOnlyList<string> arguments,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken)
    {
        SockmapCommand root = new();
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            return ErrorReport.WriteUsage(parsed, error);
        }

        InvocationConfiguration invocation = new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,

            // The signals are ours: a command ends when it has cleaned up, not after a time that the parser gives it.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return (ExitCode)await parsed.InvokeAsync(invocation, cancellationToken);
        }
#pragma warning disable CA1031 // Not hidden but shown whole. Uncaught it would skip the finally blocks that clean up.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return ErrorReport.Write(exception, error, verbose: parsed.GetValue(root.Global.Verbose));
        }
    }
}
