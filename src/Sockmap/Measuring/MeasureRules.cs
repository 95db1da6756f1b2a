using System.Globalization;
using Sockmap.Bypasses;

namespace Sockmap.Measuring;

/// <summary>What options may be.</summary>
internal static class MeasureRules
{
    private const int FewestRounds = 3;

    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestRound = TimeSpan.FromMinutes(1);

    /// <summary>The options without repetitions, plain TCP among the ways, and with the CPUs that will be used.</summary>
    /// <exception cref="BypassException">A value cannot be (InvalidSetting).</exception>
    public static MeasureOptions Check(MeasureOptions options)
    {
        CheckEach(options.MessageSizes, "message size", " bytes", MeasureOptions.MaxMessageSize);
        CheckEach(options.Connections, "number of connections", string.Empty, MeasureOptions.MaxConnections);
        if (options.Kinds.Count == 0)
        {
            throw Invalid("No kind is given: name Latency, Throughput or ConnectionRate.");
        }

        if (options.Rounds is < FewestRounds or > MeasureOptions.MaxRounds)
        {
            throw Invalid(Text($"{options.Rounds} rounds are not possible: {FewestRounds} to {MeasureOptions.MaxRounds} are."));
        }

        if (options.RoundTime < ShortestRound || options.RoundTime > LongestRound)
        {
            throw Invalid(Text($"A round cannot take {options.RoundTime.TotalSeconds} s: {ShortestRound.TotalSeconds} to {LongestRound.TotalSeconds} s are possible."));
        }

        return options with
        {
            Kinds = [.. options.Kinds.Distinct()],
            MessageSizes = [.. options.MessageSizes.Distinct()],
            Connections = [.. options.Connections.Distinct()],
            Arms = Arms(options),
            Cpus = Cpus(options.Cpus, MachineText.UsableCpus()),
        };
    }

    private static IReadOnlyList<MeasurementArm> Arms(MeasureOptions options)
    {
        bool named = options.Arms.Contains(MeasurementArm.Object);
        return named && options.ObjectPath is null
            ? throw Invalid("The arm Object is asked for and no object file is given.")
            : [.. options.Arms.Prepend(MeasurementArm.Tcp).Concat(options.ObjectPath is null ? [] : [MeasurementArm.Object]).Distinct().Order()];
    }

    private static IReadOnlyList<int> Cpus(IReadOnlyList<int> cpus, IReadOnlyList<int> usable)
    {
        if (cpus.Count > 2)
        {
            throw Invalid(Text($"{cpus.Count} CPUs are given: name one that server and client share, or the server's and the client's."));
        }

        foreach (int cpu in cpus.Where(cpu => !usable.Contains(cpu)))
        {
            throw Invalid(Text($"CPU {cpu} cannot be used: this process may run on {string.Join(", ", usable)}."));
        }

        return cpus.Count == 0 ? [usable[^1]] : [.. cpus.Distinct()];
    }

    private static void CheckEach(IReadOnlyList<int> values, string what, string unit, int most)
    {
        if (values.Count == 0)
        {
            throw Invalid($"No {what} is given: name one at least.");
        }

        foreach (int value in values.Where(value => value < 1 || value > most))
        {
            throw Invalid(Text($"{value} is no {what}: 1 to {most}{unit} are possible."));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static BypassException Invalid(string message) => new(BypassError.InvalidSetting, message);
}
