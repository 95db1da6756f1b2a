using System.Management.Automation;
using Sockmap.Bypasses;
using Sockmap.Measuring;
using Sockmap.Measuring.Workloads;
using SockmapPS.Output;
using SockmapPS.Parameters;

namespace SockmapPS.Commands;

/// <summary>Measure-SockmapBypass: plain TCP, a bypass made for it, UNIX sockets and other programs, side by side on this machine.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "SockmapBypass", DefaultParameterSetName = OwnSet)]
[OutputType(typeof(Measurement))]
public sealed class MeasureSockmapBypassCommand : SockmapCommand
{
    private const string OwnSet = "Own";
    private const string WorkloadSet = "Workload";

    private static readonly MeasureOptions Usual = new();

    /// <summary>What to measure.</summary>
    [Parameter(Position = 0, ParameterSetName = OwnSet)]
    [ValidateNotNullOrEmpty]
    public MeasurementKind[] Kind { get; set; } = [.. Usual.Kinds];

    /// <summary>Real programs to measure instead.</summary>
    [Parameter(Mandatory = true, ParameterSetName = WorkloadSet)]
    [ValidateNotNullOrEmpty]
    public WorkloadProgram[] Workload { get; set; } = [];

    /// <summary>Bytes of a message.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public int[] MessageSize { get; set; } = [.. Usual.MessageSizes];

    /// <summary>Connections at the same time.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public int[] Connection { get; set; } = [.. Usual.Connections];

    /// <summary>The ways to compare with plain TCP.</summary>
    [Parameter(ParameterSetName = OwnSet)]
    [ValidateNotNullOrEmpty]
    public MeasurementArm[] Arm { get; set; } = [.. Usual.Arms];

    /// <summary>Rounds of each way.</summary>
    [Parameter]
    public int Round { get; set; } = Usual.Rounds;

    /// <summary>How long a round takes.</summary>
    [Parameter]
    [SecondsArgument]
    public TimeSpan RoundTime { get; set; } = Usual.RoundTime;

    /// <summary>The CPU that server and client share, or the server's and the client's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public int[]? Cpu { get; set; }

    /// <summary>An object file whose sock_ops and sk_msg programs are measured too.</summary>
    [Parameter(ParameterSetName = OwnSet)]
    [ValidateNotNullOrEmpty]
#pragma warning disable CA1720 // A BPF object: no C# type is meant.
    public string? Object { get; set; }
#pragma warning restore CA1720

    /// <summary>The verdict program of the bypass; the best that the kernel takes where none is given.</summary>
    [Parameter]
    public BypassVariant? Variant { get; set; }

    /// <summary>Bytes that may wait unread in a receiver of the bypass before messages spill; 0 is 2 MiB.</summary>
    [Parameter]
    public uint QueueLimit { get; set; }

    /// <summary>A file that the measurements are written to as JSON, in place of the pipeline.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>With Path: emits the measurements too.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Root of a mounted bpffs; the standard one where none is given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BpfFileSystem { get; set; }

    /// <inheritdoc />
    protected override void EndProcessing()
    {
        using StreamWriter? file = Path is null ? null : OpenFile(Path);
        MeasureReporter reporter = new(record => TellHost(() => WriteProgress(record)));
        List<Measurement> measured = [];
        TryRun(
            () =>
            {
                BypassManager manager = OpenManager(BpfFileSystem);
                IEnumerable<Measurement> rows = ParameterSetName == WorkloadSet
                    ? new WorkloadMeasuring(manager).Run(ReadWorkloadOptions(), reporter, StopToken)
                    : new BypassMeasuring(manager, step => TellHost(() => WriteVerbose(step))).Run(ReadOptions(), FindWorkerHost(), reporter, StopToken);
                foreach (Measurement measurement in rows)
                {
                    measured.Add(measurement);
                    if (file is null || PassThru)
                    {
                        WriteObject(measurement);
                    }
                }

                if (file is not null)
                {
                    file.BaseStream.SetLength(0);
                    MeasurementJson.Write(file, measured);
                }
            },
            error => error == BypassError.InvalidSetting ? Object : null);
        reporter.Complete();
    }

    private MeasureOptions ReadOptions() => new()
    {
        Kinds = Kind,
        MessageSizes = MessageSize,
        Connections = Connection,
        Arms = Arm,
        Rounds = Round,
        RoundTime = RoundTime,
        Cpus = Cpu ?? [],
        ObjectPath = Object is null ? null : ResolveFolder(Object),
        Variant = Variant,
        QueueLimit = QueueLimit,
    };

    // A program has sizes and a shortest round of its own, where none are given.
    private WorkloadOptions ReadWorkloadOptions() => new()
    {
        Workloads = Workload,
        MessageSizes = MyInvocation.BoundParameters.ContainsKey(nameof(MessageSize)) ? MessageSize : [],
        Connections = Connection,
        Rounds = Round,
        RoundTime = MyInvocation.BoundParameters.ContainsKey(nameof(RoundTime)) ? RoundTime : WorkloadOptions.UsualRoundTime,
        Cpus = Cpu ?? [],
        Variant = Variant,
        QueueLimit = QueueLimit,
    };

    /// <summary>Before minutes of measuring, not after; what is in the file stays until there is something to write.</summary>
    private StreamWriter OpenFile(string path)
    {
        try
        {
            return new StreamWriter(new FileStream(ResolveFolder(path), FileMode.OpenOrCreate, FileAccess.Write));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(new ErrorRecord(e, "FileNotWritable", ErrorCategory.WriteError, path));
            throw;
        }
    }
}
