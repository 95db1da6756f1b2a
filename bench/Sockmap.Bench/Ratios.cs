using System.Globalization;

namespace Sockmap.Bench;

/// <summary>What bench/run prints in one table at its end: a line for each ratio in the file that it names.</summary>
internal static class Ratios
{
    private const string FileVariable = "SOCKMAP_BENCH_RATIOS";

    /// <param name="what">What is compared with what.</param>
    /// <param name="ratio">The ratio of this run.</param>
    /// <param name="goal">What it is to be, such as <c>&gt;= 1.6</c>; empty where there is no goal.</param>
    public static void Note(string what, double ratio, string goal = "")
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } path)
        {
            File.AppendAllText(path, string.Create(CultureInfo.InvariantCulture, $"{what}\t{ratio:0.00}\t{goal}\n"));
        }
    }
}
