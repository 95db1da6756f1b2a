using System.Globalization;
using Sockmap.Bypasses;

namespace Sockmap.Measuring.Workloads;

/// <summary>What options may be for each program, and what follows from them.</summary>
internal static class WorkloadRules
{
    /// <summary>The program's class, anew.</summary>
    public static IWorkload Create(WorkloadProgram program) => program switch
    {
        WorkloadProgram.Redis => new RedisWorkload(),
        WorkloadProgram.Iperf3 => new Iperf3Workload(),
        WorkloadProgram.Sockperf => new SockperfWorkload(),
        WorkloadProgram.Postgres => new PostgresWorkload(),
        _ => throw Invalid(program, "is no program that can be measured"),
    };

    /// <summary>The options without repetitions, and with the CPUs that will be used.</summary>
    /// <exception cref="BypassException">A value cannot be (InvalidSetting), or a program is not installed (NotMeasurable).</exception>
    public static WorkloadOptions Check(WorkloadOptions options)
    {
        // The rules that our own client and server have too.
        MeasureOptions common = MeasureRules.Check(new MeasureOptions
        {
            MessageSizes = options.MessageSizes.Count == 0 ? [1] : options.MessageSizes,
            Connections = options.Connections,
            Rounds = options.Rounds,
            RoundTime = options.RoundTime,
            Cpus = options.Cpus,
        });
        if (options.Workloads.Count == 0)
        {
            throw new BypassException(BypassError.InvalidSetting, "No workload is given: name Redis, Iperf3, Sockperf or Postgres.");
        }

        foreach (WorkloadProgram program in options.Workloads)
        {
            Check(program, options);
        }

        return options with
        {
            Workloads = [.. options.Workloads.Distinct()],
            MessageSizes = options.MessageSizes.Count == 0 ? [] : common.MessageSizes,
            Connections = common.Connections,
            Cpus = common.Cpus,
        };
    }

    /// <summary>All that the options ask for.</summary>
    public static IReadOnlyList<WorkloadCase> CasesOf(WorkloadOptions options) =>
    [
        .. from program in options.Workloads
           from size in options.MessageSizes.Count == 0 ? [Create(program).UsualMessageSize] : options.MessageSizes
           from connections in options.Connections
           select new WorkloadCase(program, size, connections),
    ];

    private static void Check(WorkloadProgram program, WorkloadOptions options)
    {
        IWorkload workload = Create(program);
        (int smallest, int largest) = workload.MessageSizes;
        if (options.MessageSizes.Count > 0 && largest == 0)
        {
            throw Invalid(program, "has no message size: leave it away");
        }

        foreach (int size in options.MessageSizes.Where(size => size < smallest || size > largest))
        {
            throw Invalid(program, $"cannot have messages of {size} bytes: {smallest} to {largest} are possible");
        }

        foreach (int connections in options.Connections.Where(connections => connections > workload.MaxConnections))
        {
            throw Invalid(program, $"cannot have {connections} connections: {workload.MaxConnections} at most");
        }

        foreach (string name in workload.Programs)
        {
            InstalledPrograms.Find(name, workload.Package);
        }
    }

    private static BypassException Invalid(WorkloadProgram program, FormattableString problem) =>
        new(BypassError.InvalidSetting, $"{program} {problem.ToString(CultureInfo.InvariantCulture)}.");

    private static BypassException Invalid(WorkloadProgram program, string problem) => new(BypassError.InvalidSetting, $"{program} {problem}.");
}
