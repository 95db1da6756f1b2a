using System.CommandLine;
using Sockmap.Bypasses;
using Sockmap.Cli.Options;
using Sockmap.Cli.Output;
using Sockmap.Measuring;
using Sockmap.Measuring.Workloads;

namespace Sockmap.Cli.Commands;

/// <summary><c>sockmap bench</c>.</summary>
internal sealed class BenchCommand : CommandBase
{
    private static readonly MeasureOptions Usual = new();

    private readonly Option<MeasurementKind[]> kindOption = new("--kind", "-k")
    {
        Description = "What to measure; without it all three.",
        HelpName = "latency|throughput|connectionrate",
        CustomParser = ValueParsers.Choices<MeasurementKind>,
    };

    private readonly Option<WorkloadProgram[]> workloadOption = new("--workload", "-w")
    {
        Description = "Measure real programs instead, over plain TCP and with a bypass.",
        HelpName = "redis|iperf3|sockperf|postgres",
        CustomParser = ValueParsers.Choices<WorkloadProgram>,
    };

    private readonly Option<int[]> sizeOption = new("--size", "-s")
    {
        Description = "Bytes of a message; without it 1,64,1k,4k,64k,1m.",
        HelpName = "bytes",
        CustomParser = ValueParsers.Sizes,
    };

    private readonly Option<int[]> connectionsOption = new("--connections", "-c")
    {
        Description = "Connections at the same time; without it 1.",
        HelpName = "count",
        CustomParser = ValueParsers.Sizes,
    };

    private readonly Option<MeasurementArm[]> armOption = new("--arm", "-a")
    {
        Description = "The ways to compare with plain TCP; without it bypass,unix.",
        HelpName = "tcp|bypass|unix|object|beside",
        CustomParser = ValueParsers.Choices<MeasurementArm>,
    };

    private readonly Option<int> roundsOption = new("--rounds", "-r")
    {
        Description = $"Rounds of each way; without it {Usual.Rounds}.",
        HelpName = "count",
        CustomParser = ValueParsers.Number<int>,
        DefaultValueFactory = _ => Usual.Rounds,
    };

    private readonly Option<TimeSpan?> roundTimeOption = new("--round-time")
    {
        Description = $"How long a round takes; without it {Usual.RoundTime.TotalMilliseconds}ms.",
        HelpName = "200ms|1s",
        CustomParser = ValueParsers.Duration,
    };

    private readonly Option<int[]> cpuOption = new("--cpu")
    {
        Description = "The CPU that server and client share, or the server's and the client's (0,1); without it the last one, shared.",
        HelpName = "number",
        CustomParser = ValueParsers.CpuNumbers,
    };

    private readonly Option<string?> objectOption = new("--object")
    {
        Description = "Compare with the sock_ops and sk_msg programs of this object file too.",
        HelpName = "file",
    };

    private readonly Option<BypassVariant?> variantOption = new("--variant")
    {
        Description = "The bypass's verdict program; without it the best that the kernel takes.",
        HelpName = "exact|probing",
        CustomParser = ValueParsers.Variant,
    };

    /// <summary>The command.</summary>
    public BenchCommand(GlobalOptions global)
        : base("bench", "Measure plain TCP, a bypass made for it and UNIX sockets side by side on this machine.", global)
    {
        Add(kindOption);
        Add(workloadOption);
        Add(sizeOption);
        Add(connectionsOption);
        Add(armOption);
        Add(roundsOption);
        Add(roundTimeOption);
        Add(cpuOption);
        Add(objectOption);
        Add(variantOption);
    }

    /// <summary>What a command line of this command asks for.</summary>
    internal MeasureOptions ReadOptions(ParseResult parsed) => new()
    {
        Kinds = Given(parsed, kindOption) ?? Usual.Kinds,
        MessageSizes = Given(parsed, sizeOption) ?? Usual.MessageSizes,
        Connections = Given(parsed, connectionsOption) ?? Usual.Connections,
        Arms = Given(parsed, armOption) ?? Usual.Arms,
        Rounds = parsed.GetValue(roundsOption),
        RoundTime = parsed.GetValue(roundTimeOption) ?? Usual.RoundTime,
        Cpus = Given(parsed, cpuOption) ?? Usual.Cpus,
        ObjectPath = parsed.GetValue(objectOption),
        Variant = parsed.GetValue(variantOption),
    };

    /// <summary>The same where <c>--workload</c> is given; null where it is not.</summary>
    /// <exception cref="BypassException">So is an option that no real program has (InvalidSetting).</exception>
    internal WorkloadOptions? ReadWorkloadOptions(ParseResult parsed)
    {
        if (Given(parsed, workloadOption) is not { } workloads)
        {
            return null;
        }

        foreach (Option option in new Option[] { kindOption, armOption, objectOption })
        {
            if (parsed.GetResult(option) is not null)
            {
                throw new BypassException(BypassError.InvalidSetting, $"{option.Name} does not go with --workload: real programs run over plain TCP and with a bypass, and each has its own kinds.");
            }
        }

        return new WorkloadOptions
        {
            Workloads = workloads,
            MessageSizes = Given(parsed, sizeOption) ?? [],
            Connections = Given(parsed, connectionsOption) ?? Usual.Connections,
            Rounds = parsed.GetValue(roundsOption),
            RoundTime = parsed.GetValue(roundTimeOption) ?? WorkloadOptions.UsualRoundTime,
            Cpus = Given(parsed, cpuOption) ?? Usual.Cpus,
            Variant = parsed.GetValue(variantOption),
        };
    }

    // The parser's own default of a list is an empty one.
    private static T[]? Given<T>(ParseResult parsed, Option<T[]> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    /// <inheritdoc/>
    protected override Task<ExitCode> RunAsync(ParseResult parsed, Invocation invocation)
    {
        BenchProgress progress = new(invocation.Terminal);
        IEnumerable<Measurement> rows = ReadWorkloadOptions(parsed) is { } workload
            ? new WorkloadMeasuring(invocation.Manager).Run(workload, progress, invocation.CancellationToken)
            : new BypassMeasuring(invocation.Manager, invocation.Verbose ? step => invocation.Terminal.ErrorLine($"verbose: {PlainText.OneLine(step)}") : null)
                .Run(ReadOptions(parsed), new OwnWorkerHost(), progress, invocation.CancellationToken);
        if (invocation.Json)
        {
            MeasurementJson.Write(invocation.Terminal.Out, rows);
        }
        else
        {
            BenchView.Write(invocation.Terminal, rows);
        }

        return Task.FromResult(ExitCode.Done);
    }
}
