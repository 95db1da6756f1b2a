using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockmap.Measuring;

/// <summary>The machine, as the kernel shows it.</summary>
internal static class MachineText
{
    /// <summary>Kernel release, number of CPUs and their model, such as <c>Linux 6.18.4, 2 x AMD EPYC</c>.</summary>
    public static string Describe()
    {
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

        // arm64 names no model here.
        string model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.OSArchitecture.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"Linux {release}, {Environment.ProcessorCount} x {model}");
    }

    /// <summary>Numbers of the CPUs that this process may run on.</summary>
    public static IReadOnlyList<int> UsableCpus()
    {
        const string key = "Cpus_allowed_list:";
        string list = File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..];
        return ParseCpus(list.Trim());
    }

    /// <summary>Reads a list such as <c>0-3,8</c> (cpuset(7), "List format").</summary>
    internal static IReadOnlyList<int> ParseCpus(string list) =>
    [
        .. list.Split(',').SelectMany(range =>
        {
            int[] ends = [.. range.Split('-').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        }),
    ];
}
