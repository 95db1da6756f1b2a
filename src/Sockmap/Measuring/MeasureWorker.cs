using System.Text.Json;
using Sockmap.Bpf;
using Sockmap.Measuring.Interop;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>
/// The process of one end. It serves all ways in turn, so that they differ in nothing but their sockets: before it makes
/// those of a way it goes into the cgroup of that way, whose they then are.
/// </summary>
internal static class MeasureWorker
{
    /// <summary>Names of the two among the jobs of workers.</summary>
    public const string ServerJob = "measure-server";

    /// <inheritdoc cref="ServerJob"/>
    public const string ClientJob = "measure-client";

    /// <summary>Is the server until the parent ends.</summary>
    public static void RunServer(ParentLink parent) => Run(parent, ServerEnd.Open);

    /// <summary>Is the client until the parent ends.</summary>
    public static void RunClient(ParentLink parent) => Run(parent, ClientEnd.Open);

    private static void Run(ParentLink parent, Func<MeasureRequest, IMeasuredEnd> open)
    {
        Dictionary<MeasurementArm, IMeasuredEnd> ends = [];
        while (true)
        {
            MeasureRequest request = JsonSerializer.Deserialize(parent.Read(), MeasureJsonContext.Default.MeasureRequest)
                ?? throw new WorkerException("The parent asked for nothing.");
            MeasureReply reply = Answer(request, ends, open);
            parent.Write(JsonSerializer.Serialize(reply, MeasureJsonContext.Default.MeasureReply));
        }
    }

    private static MeasureReply Answer(MeasureRequest request, Dictionary<MeasurementArm, IMeasuredEnd> ends, Func<MeasureRequest, IMeasuredEnd> open)
    {
        switch (request.Step)
        {
            case MeasureStep.Open:
                Enter(request);
                IMeasuredEnd opened = open(request);
                ends.Add(request.Arm, opened);
                return opened.Describe();
            case MeasureStep.Round:
                return ends[request.Arm].RunRound(TimeSpan.FromSeconds(request.Seconds));
            case MeasureStep.Totals:
                return ends[request.Arm].ReadTotals();
            case MeasureStep.Usage:
                return new MeasureReply { CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds };
            case MeasureStep.Close when ends.Remove(request.Arm, out IMeasuredEnd? end):
                using (end)
                {
                    return end.Close();
                }

            default:
                throw new WorkerException($"The parent asked for {request.Step} of {request.Arm}, which makes no sense now.");
        }
    }

    private static void Enter(MeasureRequest request)
    {
        WorkerCgroup.Join(request.Cgroup);

        // The threads of the end are started by this one, and run where it does.
        int result = Affinity.Set(request.Cpu);
        if (result < 0)
        {
            throw new WorkerException($"CPU {request.Cpu} cannot be run on: {Errno.Describe(-result)}.");
        }
    }
}
