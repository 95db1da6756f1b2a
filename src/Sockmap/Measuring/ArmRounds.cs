using System.Globalization;

namespace Sockmap.Measuring;

/// <summary>The rounds of one way in one case.</summary>
internal sealed class ArmRounds(MeasureCase measured, MeasurementArm arm)
{
    private const double EnoughRedirected = 0.999;

    private readonly LatencyHistogram _latencies = new();
    private double _bytes;
    private double _cpuSeconds;

    public MeasurementArm Arm { get; } = arm;

    /// <summary>Of each round the median in microseconds, MB/s or connections a second.</summary>
    public List<double> Values { get; } = [];

    /// <summary>Of the bytes sent over TCP sockets, the part that skipped TCP.</summary>
    public double RedirectedShare { get; private set; }

    /// <summary>Takes in a round.</summary>
    /// <param name="round">What the client said of it.</param>
    /// <param name="cpuSeconds">CPU time of both processes.</param>
    public void Add(MeasureReply round, double cpuSeconds)
    {
        _cpuSeconds += cpuSeconds;
        switch (measured.Kind)
        {
            case MeasurementKind.Latency:
                LatencyHistogram latencies = LatencyHistogram.Import(round.Buckets, round.MaximumNanoseconds);
                _latencies.Add(latencies);
                _bytes += 2.0 * round.Units * measured.MessageSize;
                Values.Add(Microseconds(latencies.Quantile(0.5)));
                break;
            case MeasurementKind.Throughput:
                _bytes += round.Units;
                Values.Add(round.Units / round.Seconds / 1e6);
                break;
            default:
                Values.Add(round.Units / round.Seconds);
                break;
        }
    }

    /// <summary>Takes in what the sockets have sent in all rounds.</summary>
    public void Add(long sent, long sentOverTcp) =>
        RedirectedShare = Arm == MeasurementArm.Unix || sent == 0 ? 0 : Math.Clamp(1 - ((double)sentOverTcp / sent), 0, 1);

    /// <summary>The row.</summary>
    /// <param name="tcp">The rounds of plain TCP.</param>
    /// <param name="options">The options of the run.</param>
    /// <param name="machine">The machine.</param>
    public Measurement ToMeasurement(ArmRounds tcp, MeasureOptions options, string machine)
    {
        bool isLatency = measured.Kind == MeasurementKind.Latency;
        RatioInterval ratio = RatioInterval.Of(
            [.. Values.Zip(tcp.Values, (own, plain) => isLatency ? plain / own : own / plain)]);
        return new Measurement
        {
            Kind = measured.Kind,
            Arm = Arm,
            ObjectPath = Arm == MeasurementArm.Object ? options.ObjectPath : null,
            MessageSize = measured.MessageSize,
            Connections = measured.Connections,
            Cpu = string.Join(',', options.Cpus.Select(cpu => cpu.ToString(CultureInfo.InvariantCulture))),
            Unit = measured.Kind switch { MeasurementKind.Latency => "us", MeasurementKind.Throughput => "MB/s", _ => "1/s" },
            Median = isLatency ? Microseconds(_latencies.Quantile(0.5)) : Quantiles.Of(Values, 0.5),
            P99 = isLatency ? Microseconds(_latencies.Quantile(0.99)) : Quantiles.Of(Values, 0.99),
            P999 = isLatency ? Microseconds(_latencies.Quantile(0.999)) : Quantiles.Of(Values, 0.999),
            Maximum = isLatency ? Microseconds(_latencies.Maximum) : Values.Max(),
            CpuSecondsPerGigabyte = _bytes > 0 ? _cpuSeconds / _bytes * 1e9 : null,
            Ratio = ratio.Ratio,
            RatioLow = ratio.Low,
            RatioHigh = ratio.High,
            Rounds = Values.Count,
            IsNoisy = ratio.IsNoisy,
            RedirectedShare = RedirectedShare,
            Remark = string.Join(' ', Remarks(ratio)),
            Time = DateTime.Now,
            Machine = machine,
        };
    }

    private IEnumerable<string> Remarks(RatioInterval ratio)
    {
        if (ratio.IsNoisy)
        {
            yield return RatioInterval.NoisyRemark;
        }

        if (Arm is MeasurementArm.Bypass or MeasurementArm.Object && RedirectedShare < EnoughRedirected)
        {
            yield return RedirectedShare == 0
                ? "None of the bytes skipped TCP."
                : string.Create(CultureInfo.InvariantCulture, $"{1 - RedirectedShare:0.#%} of the bytes went over TCP.");
        }
    }

    private static double Microseconds(long nanoseconds) => nanoseconds / 1e3;
}
