using System.Globalization;
using System.Text.Json;

namespace Sockmap.Measuring.Workloads;

/// <summary>iperf3, from client to server.</summary>
internal sealed class Iperf3Workload : IWorkload
{
    private const string Program = "iperf3";

    /// <inheritdoc/>
    public IReadOnlyList<string> Programs => [Program];

    /// <inheritdoc/>
    public string Package => Program;

    /// <inheritdoc/>
    public int UsualMessageSize => 128 << 10;

    /// <inheritdoc/>
    public (int Smallest, int Largest) MessageSizes => (1, 1 << 20);

    /// <inheritdoc/>
    public int MaxConnections => 128;

    /// <inheritdoc/>
    public void Start(WorkloadPlace place, WorkloadCase measured)
    {
        place.StartServer(InstalledPrograms.Find(Program, Package), ["-s", "-B", "127.0.0.1", "-p", place.PortText]);
        place.WaitUntilItListens();
    }

    /// <inheritdoc/>
    public IReadOnlyList<WorkloadFigure> RunRound(WorkloadPlace place, WorkloadCase measured, int seconds) => Parse(place.Run(
        InstalledPrograms.Find(Program, Package),
        ["-c", "127.0.0.1", "-p", place.PortText, "-J", "-t", Text(seconds), "-l", Text(measured.MessageSize), "-P", Text(measured.Connections)],
        TimeSpan.FromSeconds(seconds)));

    /// <inheritdoc/>
    public void Stop(WorkloadPlace place)
    {
        // It keeps nothing.
    }

    /// <summary>Reads <c>iperf3 -J</c>: what the receiver counted.</summary>
    internal static IReadOnlyList<WorkloadFigure> Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement end = document.RootElement.GetProperty("end");
            JsonElement received = end.GetProperty("sum_received");
            JsonElement cpu = end.GetProperty("cpu_utilization_percent");
            double bytes = received.GetProperty("bytes").GetDouble();
            double busy = (cpu.GetProperty("host_total").GetDouble() + cpu.GetProperty("remote_total").GetDouble()) / 100 * received.GetProperty("seconds").GetDouble();
            return
            [
                new WorkloadFigure
                {
                    Name = Program,
                    Kind = MeasurementKind.Throughput,
                    Unit = "MB/s",
                    Value = received.GetProperty("bits_per_second").GetDouble() / 8e6,
                    CpuSecondsPerGigabyte = busy / bytes * 1e9,
                },
            ];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"iperf3 -J wrote something else than its figures: {e.Message}", e);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
