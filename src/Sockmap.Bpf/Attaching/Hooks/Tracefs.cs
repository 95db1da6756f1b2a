using System.Globalization;
using System.IO.Enumeration;
using Sockmap.Bpf.Pinning;

namespace Sockmap.Bpf.Attaching.Hooks;

/// <summary>What the kernel tells in tracefs (Documentation/trace/events.rst, Documentation/trace/ftrace.rst).</summary>
internal static class Tracefs
{
    private const string FunctionsFile = "available_filter_functions";

    /// <summary>The number of a tracepoint.</summary>
    /// <exception cref="BpfException">ENOENT: there is none, or tracefs is not mounted; EACCES: it may not be read.</exception>
    internal static uint TracepointId(string category, string name)
    {
        string root = Root($"Finding tracepoint '{category}/{name}'");
        string folder = $"{root}/events/{category}";
        try
        {
            return uint.Parse(File.ReadAllText($"{folder}/{name}/id").AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            string where = Directory.Exists(folder) ? $"'{folder}' lists those of {category}" : $"'{root}/events' lists the categories";
            throw new BpfException($"There is no tracepoint '{category}/{name}'; {where}", Errno.ENOENT, exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new BpfException($"Reading '{folder}/{name}/id': the process may not; run as root", Errno.EACCES, exception);
        }
    }

    /// <summary>The functions of the kernel and its modules that can be traced and whose name matches one of some patterns with <c>*</c> and <c>?</c>.</summary>
    /// <exception cref="BpfException">ENOENT: there is none, or tracefs is not mounted; EACCES: the list may not be read.</exception>
    internal static IReadOnlyList<string> FindFunctions(IReadOnlyList<string> patterns)
    {
        string file = $"{Root("Looking for functions of the kernel")}/{FunctionsFile}";
        try
        {
            HashSet<string> found = new(StringComparer.Ordinal);
            foreach (string line in File.ReadLines(file))
            {
                // "name" or "name [module]".
                int space = line.IndexOf(' ', StringComparison.Ordinal);
                string name = space < 0 ? line : line[..space];
                if (patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)))
                {
                    found.Add(name);
                }
            }

            return found.Count > 0
                ? [.. found]
                : throw new BpfException($"No function of the kernel that can be traced matches '{string.Join("', '", patterns)}'; '{file}' lists them", Errno.ENOENT);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new BpfException($"Reading '{file}' for the functions that match '{string.Join("', '", patterns)}': the process may not, or the kernel is locked down; name the functions without wildcards", Errno.EACCES, exception);
        }
    }

    private static string Root(string operation) =>
        MountTable.Find("tracefs").LastOrDefault(static mount => string.Equals(mount.Root, "/", StringComparison.Ordinal))?.MountPoint
        ?? throw new BpfException($"{operation}: tracefs is not mounted; mount it with: mount -t tracefs tracefs /sys/kernel/tracing", Errno.ENOENT);
}
