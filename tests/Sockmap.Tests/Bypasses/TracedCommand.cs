using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sockmap.Tests.Bypasses;

/// <summary>The real <c>sockmap</c> command under strace(1), which sees each step of it and can kill it before any one.</summary>
internal static partial class TracedCommand
{
    private const int Killed = 128 + 9;

    // All that changes the kernel; the rest of the process's life is of no interest.
    private const string Calls = "bpf,renameat2,unlink,mkdir,rmdir";

    private static readonly string Command = Path.Combine(AppContext.BaseDirectory, "Sockmap.Cli");

    /// <summary>Runs the command to its end; its steps in order.</summary>
    public static IReadOnlyList<CommandStep> Record(string bpfFileSystem, IEnumerable<string> arguments)
    {
        string log = Path.GetTempFileName();
        try
        {
            int code = Run([$"trace={Calls}"], log, arguments);
            Assert.Equal(0, code);
            Dictionary<(string Thread, string Call), int> counts = [];
            List<CommandStep> steps = [];
            foreach (Match match in File.ReadLines(log).Select(line => CallLine().Match(line)).Where(match => match.Success))
            {
                string call = match.Groups["call"].Value;
                (string Thread, string Call) key = (match.Groups["thread"].Value, call);
                int ordinal = counts[key] = counts.GetValueOrDefault(key) + 1;

                // The runtime makes and removes files of its own.
                if (call == "bpf" || match.Groups["arguments"].Value.Contains(bpfFileSystem, StringComparison.Ordinal))
                {
                    steps.Add(new CommandStep(call, ordinal));
                }
            }

            return steps;
        }
        finally
        {
            File.Delete(log);
        }
    }

    /// <summary>Runs the command and kills it when it is about to do the step; false where it ended without.</summary>
    public static bool RunUntil(CommandStep step, IEnumerable<string> arguments)
    {
        string when = step.Ordinal.ToString(CultureInfo.InvariantCulture);
        int code = Run([$"trace={step.Call}", $"inject={step.Call}:signal=SIGKILL:when={when}"], "/dev/null", arguments);
        Assert.True(code is 0 or Killed, $"It ended with {code} before {step}.");
        return code == Killed;
    }

    private static int Run(string[] expressions, string log, IEnumerable<string> arguments)
    {
        // Not with --seccomp-bpf, with which strace 6.1 injects no signals.
        string[] options = ["-f", "-qq", "-o", log, .. expressions.SelectMany(expression => new[] { "-e", expression })];
        using Process process = Process.Start(new ProcessStartInfo("strace", [.. options, "--", Command, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<call>\w+)\((?<arguments>.*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CallLine();
}
