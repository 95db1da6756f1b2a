using System.Globalization;

namespace Sockmap.Measuring.Workloads;

/// <summary>
/// A database of PostgreSQL of its own, and pgbench's built-in reading test (-S) over TCP: its rate by pgbench's own word, its
/// latencies by pgbench's log of every transaction.
/// </summary>
internal sealed class PostgresWorkload : IWorkload
{
    private const string Server = "postgres";
    private const string Client = "pgbench";
    private const string Name = "pgbench -S";
    private const string LatencyRemark = "pgbench logs whole microseconds: the ratio is that of the averages.";
    private const int OwnConnections = 20;

    // The field of a line of pgbench's log that has the microseconds (pgbench(1), "Per-Transaction Logging").
    private const int LatencyField = 2;

    private static readonly TimeSpan PreparationTime = TimeSpan.FromMinutes(1);

    // PostgreSQL refuses to run as root. Its package makes the first of these.
    private readonly UserIds? _user = Environment.IsPrivilegedProcess ? UserIds.Find("postgres", "nobody") : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Programs => [Server, Client, "initdb", "pg_ctl", "pg_isready"];

    /// <inheritdoc/>
    public string Package => "postgresql";

    /// <inheritdoc/>
    public int UsualMessageSize => 0;

    /// <inheritdoc/>
    public (int Smallest, int Largest) MessageSizes => (0, 0);

    /// <inheritdoc/>
    public int MaxConnections => MeasureOptions.MaxConnections;

    /// <inheritdoc/>
    public void Start(WorkloadPlace place, WorkloadCase measured)
    {
        if (_user is not null)
        {
            place.Run("chown", [string.Create(CultureInfo.InvariantCulture, $"{_user.User}:{_user.Group}"), place.Folder], TimeSpan.Zero);
        }

        place.Run(Find("initdb"), ["-D", Data(place), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"], PreparationTime, _user);
        place.StartServer(
            Find(Server),
            [
                "-D", Data(place), "-h", "127.0.0.1", "-p", place.PortText, "-k", "", "-c", "fsync=off", "-c", "autovacuum=off",
                "-c", string.Create(CultureInfo.InvariantCulture, $"max_connections={measured.Connections + OwnConnections}"),
            ],
            _user);
        place.WaitUntil(() => place.Succeeds(Find("pg_isready"), ["-q", .. Where(place)], _user));
        place.Run(Find(Client), ["-i", "-q", .. Where(place), "postgres"], PreparationTime, _user);
    }

    /// <inheritdoc/>
    public IReadOnlyList<WorkloadFigure> RunRound(WorkloadPlace place, WorkloadCase measured, int seconds)
    {
        const string log = "round";
        string output = place.Run(
            Find(Client),
            ["-S", "-n", "-M", "prepared", "-j", "1", "-c", Text(measured.Connections), "-T", Text(seconds), "-l", "--log-prefix=" + log, .. Where(place), "postgres"],
            TimeSpan.FromSeconds(seconds),
            _user);
        string[] logs = Directory.GetFiles(place.Folder, log + ".*");
        IReadOnlyList<WorkloadFigure> figures = Parse(output, logs.SelectMany(File.ReadLines));
        Array.ForEach(logs, File.Delete);
        return figures;
    }

    /// <inheritdoc/>
    public void Stop(WorkloadPlace place)
    {
        // Killed, it would leave a segment of shared memory. One that was never ready has none to leave.
        if (File.Exists(Path.Combine(Data(place), "postmaster.pid")))
        {
            place.Run(Find("pg_ctl"), ["stop", "-s", "-m", "fast", "-D", Data(place)], PreparationTime, _user);
            place.WaitUntilItEnded();
        }
    }

    /// <summary>Reads what pgbench says at its end, and its log.</summary>
    internal static IReadOnlyList<WorkloadFigure> Parse(string output, IEnumerable<string> log)
    {
        const string key = "tps = ";
        string? line = output.Split('\n').FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        if (line is null || !double.TryParse(line[key.Length..].Split(' ')[0], CultureInfo.InvariantCulture, out double rate))
        {
            throw new FormatException("pgbench told no tps.");
        }

        LatencyHistogram latencies = new();
        double sum = 0;
        foreach (string transaction in log)
        {
            string[] fields = transaction.Split(' ');
            if (fields.Length <= LatencyField || !long.TryParse(fields[LatencyField], CultureInfo.InvariantCulture, out long microseconds))
            {
                throw new FormatException($"pgbench logged '{transaction}'.");
            }

            latencies.Record(microseconds * 1000);
            sum += microseconds;
        }

        if (latencies.Count == 0)
        {
            throw new FormatException("pgbench logged nothing.");
        }

        return
        [
            new WorkloadFigure { Name = Name, Kind = MeasurementKind.Throughput, Unit = "1/s", Value = rate },
            new WorkloadFigure
            {
                Name = Name,
                Kind = MeasurementKind.Latency,
                Unit = "us",
                Value = latencies.Quantile(0.5) / 1e3,
                Compared = sum / latencies.Count,
                P99 = latencies.Quantile(0.99) / 1e3,
                P999 = latencies.Quantile(0.999) / 1e3,
                Maximum = latencies.Maximum / 1e3,
                Remark = LatencyRemark,
            },
        ];
    }

    private string Find(string program) => InstalledPrograms.Find(program, Package);

    private static string Data(WorkloadPlace place) => Path.Combine(place.Folder, "data");

    private static string[] Where(WorkloadPlace place) => ["-h", "127.0.0.1", "-p", place.PortText, "-U", "postgres"];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
