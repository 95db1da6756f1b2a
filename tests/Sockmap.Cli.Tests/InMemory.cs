namespace Sockmap.Cli.Tests;

/// <summary>Runs a command line in this process, for what needs no kernel.</summary>
internal static class InMemory
{
    public static async Task<(ExitCode Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        ExitCode code = await Program.RunAsync(arguments, output, error, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
