using System.Diagnostics;

namespace Sockmap.TestKit.Placement;

/// <summary>Runs a command to its end. The child is in the cgroup and the namespaces of the caller.</summary>
internal static class Tool
{
    public static void Run((string File, IReadOnlyList<string> Arguments) command, string input)
    {
        (string file, IReadOnlyList<string> arguments) = command;
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{file} {string.Join(' ', arguments)}' with '{input.Trim()}' failed with {process.ExitCode}: {errors.Trim()}");
        }
    }
}
