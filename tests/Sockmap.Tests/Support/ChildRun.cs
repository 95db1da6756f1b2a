using System.Diagnostics;

namespace Sockmap.Tests.Support;

/// <summary>Runs one explicit test of this assembly in a process of its own, under a command that changes what it may or sees.</summary>
internal static class ChildRun
{
    public static void Run(string command, IReadOnlyList<string> arguments, string test)
    {
        ProcessStartInfo start = new(command, [.. arguments, Program, "-explicit", "only", "-method", $"{typeof(ChildTests).FullName}.{test}", "-noColor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string all = $"{output}\n{errors.GetAwaiter().GetResult()}";
        Assert.True(process.ExitCode == 0, all);

        // A filter that matches nothing ends well too.
        Assert.Contains("Total: 1,", all, StringComparison.Ordinal);
        Assert.Contains("Failed: 0,", all, StringComparison.Ordinal);
    }

    private static string Program => Path.ChangeExtension(typeof(ChildRun).Assembly.Location, null);
}
