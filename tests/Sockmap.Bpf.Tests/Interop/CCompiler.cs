using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sockmap.Bpf.Tests.Interop;

/// <summary>Compiles and runs small C programs that print one number a line.</summary>
internal static partial class CCompiler
{
    private const string Prologue = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <stdio.h>
        #include <time.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <sys/epoll.h>
        #include <sys/eventfd.h>
        #include <sys/file.h>
        #include <sys/mman.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <sys/vfs.h>
        #include <linux/bpf.h>
        #include <linux/capability.h>
        #include <linux/fs.h>
        #include <linux/if_link.h>
        #include <linux/magic.h>
        #include <linux/netlink.h>
        #include <linux/perf_event.h>
        #include <linux/rtnetlink.h>
        #include <linux/sched.h>
        int main(void) {

        """;

    /// <summary>
    /// The values of C expressions. Those that name a member or a constant which the installed headers do not have (yet) are left out.
    /// </summary>
    public static IReadOnlyDictionary<string, long> Evaluate(IReadOnlyCollection<string> expressions)
    {
        List<string> left = [.. expressions.Distinct(StringComparer.Ordinal)];
        string directory = Directory.CreateTempSubdirectory("sockmap-cc-").FullName;
        try
        {
            string source = Path.Combine(directory, "check.c");
            string program = Path.Combine(directory, "check");
            int firstLine = Prologue.Count(static c => c == '\n') + 1;
            while (true)
            {
                File.WriteAllText(source, Prologue + string.Concat(left.Select(static text => $"printf(\"%lld\\n\", (long long)({text}));\n")) + "return 0; }\n");
                (int code, _, string errors) = Run("cc", "-w", "-fmax-errors=0", "-o", program, source);
                if (code == 0)
                {
                    break;
                }

                HashSet<int> missing = [];
                foreach (Match match in ErrorLine().Matches(errors))
                {
                    string words = match.Groups["words"].Value;
                    Assert.True(
                        words.Contains("no member named", StringComparison.Ordinal) || words.Contains("undeclared", StringComparison.Ordinal),
                        $"The C compiler refused a check for another reason than a missing name: {match.Value}");
                    missing.Add(int.Parse(match.Groups["line"].Value, null) - firstLine);
                }

                Assert.True(missing.Count > 0, errors);
                left = [.. left.Where((_, index) => !missing.Contains(index))];
            }

            (int exit, string output, _) = Run(program);
            Assert.Equal(0, exit);
            return left.Zip(output.Split('\n'), static (text, value) => (text, value))
                .ToDictionary(static pair => pair.text, static pair => long.Parse(pair.value, null), StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The macros that errno.h defines as plain numbers.</summary>
    public static IReadOnlyDictionary<string, int> ErrorNumbers()
    {
        string directory = Directory.CreateTempSubdirectory("sockmap-cc-").FullName;
        try
        {
            string source = Path.Combine(directory, "errno.c");
            File.WriteAllText(source, "#include <errno.h>\n");
            (int code, string output, string errors) = Run("cc", "-dM", "-E", source);
            Assert.True(code == 0, errors);
            return ErrnoMacro().Matches(output).ToDictionary(static match => match.Groups["name"].Value, static match => int.Parse(match.Groups["number"].Value, null), StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Skips the test, with a word, where there is no compiler or no kernel header.</summary>
    public static void Require()
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static path => File.Exists(Path.Combine(path, "cc"))),
            "NOT CHECKED: there is no C compiler 'cc', so struct layouts and constants were not compared with linux/bpf.h.");
        Assert.SkipUnless(File.Exists("/usr/include/linux/bpf.h"), "NOT CHECKED: there is no /usr/include/linux/bpf.h to compare struct layouts and constants with.");
    }

    private static (int Code, string Output, string Errors) Run(string file, params string[] arguments)
    {
        ProcessStartInfo start = new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    [GeneratedRegex(@"check\.c:(?<line>\d+):\d+: error: (?<words>.*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"^#define (?<name>E[A-Z0-9]+) (?<number>\d+)\s*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ErrnoMacro();
}
