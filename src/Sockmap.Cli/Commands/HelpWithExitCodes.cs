using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sockmap.Cli.Commands;

/// <summary>The usual help, and what the exit codes mean below it.</summary>
internal sealed class HelpWithExitCodes(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Exit codes:");
        foreach ((ExitCode code, string meaning) in ExitCodes.Meanings)
        {
            output.WriteLine($"  {(int)code,-5}{meaning}");
        }

        return result;
    }
}
