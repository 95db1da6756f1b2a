using System.Globalization;

namespace Sockmap.Measuring.Workloads;

/// <summary>sockperf's ping-pong over TCP: whole round trips, by its own clock.</summary>
internal sealed class SockperfWorkload : IWorkload
{
    private const string Program = "sockperf";

    /// <inheritdoc/>
    public IReadOnlyList<string> Programs => [Program];

    /// <inheritdoc/>
    public string Package => Program;

    /// <inheritdoc/>
    public int UsualMessageSize => 64;

    /// <inheritdoc/>
    public (int Smallest, int Largest) MessageSizes => (14, 65507);

    /// <inheritdoc/>
    public int MaxConnections => 1;

    /// <inheritdoc/>
    public void Start(WorkloadPlace place, WorkloadCase measured)
    {
        place.StartServer(InstalledPrograms.Find(Program, Package), ["server", "--tcp", "-i", "127.0.0.1", "-p", place.PortText]);
        place.WaitUntilItListens();
    }

    /// <inheritdoc/>
    public IReadOnlyList<WorkloadFigure> RunRound(WorkloadPlace place, WorkloadCase measured, int seconds) => Parse(place.Run(
        InstalledPrograms.Find(Program, Package),
        ["ping-pong", "--tcp", "--full-rtt", "-i", "127.0.0.1", "-p", place.PortText, "-m", Text(measured.MessageSize), "-t", Text(seconds)],
        TimeSpan.FromSeconds(seconds)));

    /// <inheritdoc/>
    public void Stop(WorkloadPlace place)
    {
        // It keeps nothing.
    }

    /// <summary>Reads the percentiles of <c>sockperf ping-pong</c>, in microseconds.</summary>
    internal static IReadOnlyList<WorkloadFigure> Parse(string output)
    {
        double Value(string name)
        {
            string? line = output.Split('\n').FirstOrDefault(line => line.Contains(name, StringComparison.Ordinal));
            return line is not null && double.TryParse(line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim(), CultureInfo.InvariantCulture, out double value)
                ? value
                : throw new FormatException($"sockperf told no {name}.");
        }

        return
        [
            new WorkloadFigure
            {
                Name = Program,
                Kind = MeasurementKind.Latency,
                Unit = "us",
                Value = Value("percentile 50.000 ="),
                P99 = Value("percentile 99.000 ="),
                P999 = Value("percentile 99.900 ="),
                Maximum = Value("<MAX> observation ="),
            },
        ];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
