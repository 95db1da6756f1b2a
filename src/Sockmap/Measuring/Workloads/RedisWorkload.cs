using System.Globalization;

namespace Sockmap.Measuring.Workloads;

/// <summary>redis-server without its files, and redis-benchmark: a request and its answer at a time on each connection.</summary>
internal sealed class RedisWorkload : IWorkload
{
    private const string Server = "redis-server";
    private const string Client = "redis-benchmark";
    private const int TrialRequests = 2000;
    private const int Operations = 2;
    private const string LatencyRemark = "redis-benchmark tells latencies in steps of 8 us: the ratio is that of the requests a second.";

    // The same number for every way, so that all do the same work.
    private int _requests;

    /// <inheritdoc/>
    public IReadOnlyList<string> Programs => [Server, Client];

    /// <inheritdoc/>
    public string Package => "redis-server";

    /// <inheritdoc/>
    public int UsualMessageSize => 64;

    /// <inheritdoc/>
    public (int Smallest, int Largest) MessageSizes => (1, MeasureOptions.MaxMessageSize);

    /// <inheritdoc/>
    public int MaxConnections => MeasureOptions.MaxConnections;

    /// <inheritdoc/>
    public void Start(WorkloadPlace place, WorkloadCase measured)
    {
        _requests = 0;
        place.StartServer(
            InstalledPrograms.Find(Server, Package),
            ["--port", place.PortText, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", place.Folder]);
        place.WaitUntilItListens();
    }

    /// <inheritdoc/>
    public IReadOnlyList<WorkloadFigure> RunRound(WorkloadPlace place, WorkloadCase measured, int seconds)
    {
        if (_requests == 0)
        {
            double slowest = Benchmark(place, measured, seconds, TrialRequests).Where(figure => figure.Kind == MeasurementKind.Throughput).Min(figure => figure.Value);
            _requests = (int)Math.Max(TrialRequests, slowest * seconds / Operations);
        }

        return Benchmark(place, measured, seconds, _requests);
    }

    /// <inheritdoc/>
    public void Stop(WorkloadPlace place)
    {
        // It keeps nothing.
    }

    /// <summary>Reads <c>redis-benchmark --csv</c> (since Redis 6.2).</summary>
    internal static IReadOnlyList<WorkloadFigure> Parse(string csv)
    {
        string[][] rows = [.. csv.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Trim('"').Split("\",\""))];
        if (rows.Length < 1 + Operations || !rows[0].Contains("p99_latency_ms", StringComparer.Ordinal))
        {
            throw new FormatException("redis-benchmark --csv wrote another table than that of Redis 6.2 and later.");
        }

        return
        [
            .. rows.Skip(1).SelectMany(row =>
            {
                double Value(string column) => double.Parse(row[Array.IndexOf(rows[0], column)], CultureInfo.InvariantCulture);
                double Microseconds(string column) => Value(column) * 1000;
                string name = "Redis " + row[0];
                return new[]
                {
                    new WorkloadFigure { Name = name, Kind = MeasurementKind.Throughput, Unit = "1/s", Value = Value("rps") },
                    new WorkloadFigure
                    {
                        Name = name,
                        Kind = MeasurementKind.Latency,
                        Unit = "us",
                        Value = Microseconds("p50_latency_ms"),

                        // Each connection has one request at a time: the mean is what the rate leaves for it.
                        Compared = 1e6 / Value("rps"),
                        P99 = Microseconds("p99_latency_ms"),
                        Maximum = Microseconds("max_latency_ms"),
                        Remark = LatencyRemark,
                    },
                };
            }),
        ];
    }

    private IReadOnlyList<WorkloadFigure> Benchmark(WorkloadPlace place, WorkloadCase measured, int seconds, int requests) => Parse(place.Run(
        InstalledPrograms.Find(Client, Package),
        ["-h", "127.0.0.1", "-p", place.PortText, "-t", "set,get", "--csv", "-n", Text(requests), "-c", Text(measured.Connections), "-d", Text(measured.MessageSize)],
        TimeSpan.FromSeconds(seconds)));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
