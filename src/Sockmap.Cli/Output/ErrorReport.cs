using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockmap.Cli.Output;

/// <summary>Errors as <c>sockmap: message</c>, one line each, on standard error.</summary>
internal static class ErrorReport
{
    /// <summary>Writes what is wrong with the command line.</summary>
    public static ExitCode WriteUsage(ParseResult parsed, TextWriter error)
    {
        foreach (ParseError problem in parsed.Errors)
        {
            error.WriteLine($"sockmap: {PlainText.OneLine(problem.Message)}");
        }

        List<string> path = [];
        for (SymbolResult? symbol = parsed.CommandResult; symbol is CommandResult command; symbol = symbol.Parent)
        {
            path.Insert(0, command.Command.Name);
        }

        error.WriteLine($"Try '{string.Join(' ', path)} --help'.");
        return ExitCode.Usage;
    }

    /// <summary>
    /// Writes why a command ended. With <paramref name="verbose"/> also the causes, which hold errno and the verifier's log.
    /// </summary>
    public static ExitCode Write(Exception exception, TextWriter error, bool verbose)
    {
        if (!ExitCodes.IsExpected(exception))
        {
            error.WriteLine($"sockmap: unexpected error: {exception}");
            return ExitCodes.Of(exception);
        }

        error.WriteLine($"sockmap: {PlainText.OneLine(exception is OperationCanceledException ? "interrupted" : exception.Message)}");
        for (Exception? cause = exception.InnerException; verbose && cause is not null; cause = cause.InnerException)
        {
            error.WriteLine($"  because: {PlainText.Clean(cause.Message)}");
        }

        return ExitCodes.Of(exception);
    }
}
