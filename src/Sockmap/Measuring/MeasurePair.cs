using System.Text.Json;
using Sockmap.Workers;

namespace Sockmap.Measuring;

/// <summary>The two processes of all ways, server and client.</summary>
internal sealed class MeasurePair : IDisposable
{
    // The time that a round may take longer: the last messages of many connections, and a machine that does other things.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A second compilation of the loops while they run would be part of what is measured.
    private static readonly KeyValuePair<string, string> CompiledOnce = new("DOTNET_TieredCompilation", "0");

    private readonly WorkerProcess _server;
    private readonly WorkerProcess _client;
    private readonly MeasureOptions _options;
    private readonly CancellationToken _cancellationToken;

    private MeasurePair(WorkerProcess server, WorkerProcess client, MeasureOptions options, CancellationToken cancellationToken)
    {
        _server = server;
        _client = client;
        _options = options;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Starts them.</summary>
    /// <exception cref="WorkerException">One could not be started.</exception>
    public static MeasurePair Start(IWorkerHost host, MeasureOptions options, CancellationToken cancellationToken)
    {
        WorkerProcess server = Start(host, MeasureWorker.ServerJob, "the server that is measured");
        try
        {
            return new MeasurePair(server, Start(host, MeasureWorker.ClientJob, "the client that is measured"), options, cancellationToken);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Process ids, for the log.</summary>
    public (int Server, int Client) Ids => (_server.Id, _client.Id);

    /// <summary>Opens a way: listener, connections, threads.</summary>
    public void Open(MeasurementArm arm, MeasureCase measured, string cgroup)
    {
        MeasureRequest request = new()
        {
            Step = MeasureStep.Open,
            Arm = arm,
            Kind = measured.Kind,
            Cgroup = cgroup,
            MessageSize = measured.MessageSize,
            Connections = measured.Connections,
            Cpu = _options.Cpus[0],
        };
        string address = Ask(_server, request).Address;
        Ask(_client, request with { Address = address, Cpu = _options.Cpus[^1] });
    }

    /// <summary>Runs a round; gives also the CPU time that both processes had meanwhile.</summary>
    public (MeasureReply Round, double CpuSeconds) RunRound(MeasurementArm arm)
    {
        double before = ReadCpuSeconds();
        MeasureReply round = Ask(_client, new MeasureRequest { Step = MeasureStep.Round, Arm = arm, Seconds = _options.RoundTime.TotalSeconds });
        return (round, ReadCpuSeconds() - before);
    }

    /// <summary>What both ends have sent since the way was opened, and what of it over TCP.</summary>
    public (long Sent, long OverTcp) ReadTotals(MeasurementArm arm)
    {
        MeasureRequest request = new() { Step = MeasureStep.Totals, Arm = arm };
        MeasureReply server = Ask(_server, request);
        MeasureReply client = Ask(_client, request);
        return (server.Sent + client.Sent, server.SentOverTcp + client.SentOverTcp);
    }

    /// <summary>Closes a way; gives what the loops of the server allocated.</summary>
    public long Close(MeasurementArm arm)
    {
        MeasureRequest request = new() { Step = MeasureStep.Close, Arm = arm };
        Ask(_client, request);
        return Ask(_server, request).Allocated;
    }

    /// <summary>Ends both.</summary>
    public void Dispose()
    {
        try
        {
            _client.Dispose();
        }
        finally
        {
            _server.Dispose();
        }
    }

    private static WorkerProcess Start(IWorkerHost host, string job, string what)
    {
        WorkerCommand command = host.CommandFor(job);
        return WorkerProcess.Start(command with { Environment = command.Environment.Append(CompiledOnce).ToDictionary(StringComparer.Ordinal) }, what);
    }

    private double ReadCpuSeconds()
    {
        MeasureRequest request = new() { Step = MeasureStep.Usage };
        return Ask(_server, request).CpuSeconds + Ask(_client, request).CpuSeconds;
    }

    private MeasureReply Ask(WorkerProcess worker, MeasureRequest request)
    {
        worker.WriteAsync(JsonSerializer.Serialize(request, MeasureJsonContext.Default.MeasureRequest), _cancellationToken).GetAwaiter().GetResult();
        string line = worker.ReadAsync(_options.RoundTime + Patience, _cancellationToken).GetAwaiter().GetResult();
        try
        {
            return JsonSerializer.Deserialize(line, MeasureJsonContext.Default.MeasureReply) ?? throw new WorkerException("A process that measures answered nothing.");
        }
        catch (JsonException e)
        {
            throw new WorkerException($"A process that measures answered something else: {e.Message}", e);
        }
    }
}
