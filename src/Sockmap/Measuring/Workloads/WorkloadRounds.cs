using System.Globalization;

namespace Sockmap.Measuring.Workloads;

/// <summary>The rounds of one way in one case.</summary>
internal sealed class WorkloadRounds
{
    private readonly List<IReadOnlyList<WorkloadFigure>> _rounds = [];

    /// <summary>Bytes that skipped TCP in the rounds, by the bypass's counters.</summary>
    public ulong BytesRedirected { get; set; }

    /// <summary>Bytes that sockets of the bypass sent over TCP meanwhile.</summary>
    public ulong BytesOverTcp { get; set; }

    /// <summary>Takes in a round.</summary>
    public void Add(IReadOnlyList<WorkloadFigure> figures) => _rounds.Add(figures);

    /// <summary>A row for each figure.</summary>
    public IEnumerable<Measurement> ToMeasurements(MeasurementArm arm, WorkloadRounds tcp, WorkloadCase measured, WorkloadOptions options, string machine)
    {
        double total = BytesRedirected + BytesOverTcp;
        double share = total > 0 ? BytesRedirected / total : 0;
        for (int index = 0; index < _rounds[0].Count; index++)
        {
            WorkloadFigure[] own = [.. _rounds.Select(round => round[index])];
            bool isLatency = own[0].Kind == MeasurementKind.Latency;
            double[] values = [.. own.Select(figure => figure.Value)];
            RatioInterval ratio = RatioInterval.Of(
                [.. own.Zip(tcp._rounds.Select(round => round[index]), (figure, plain) => isLatency ? Compared(plain) / Compared(figure) : Compared(figure) / Compared(plain))]);
            double? cpu = Middle(own.Select(figure => figure.CpuSecondsPerGigabyte));
            yield return new Measurement
            {
                Kind = own[0].Kind,
                Arm = arm,
                Workload = own[0].Name,
                MessageSize = measured.MessageSize,
                Connections = measured.Connections,
                Cpu = string.Join(',', options.Cpus.Select(number => number.ToString(CultureInfo.InvariantCulture))),
                Unit = own[0].Unit,
                Median = Quantiles.Of(values, 0.5),
                P99 = isLatency ? Middle(own.Select(figure => figure.P99)) : Quantiles.Of(values, 0.99),
                P999 = isLatency ? Middle(own.Select(figure => figure.P999)) : Quantiles.Of(values, 0.999),
                Maximum = isLatency ? own.Max(figure => figure.Maximum ?? figure.Value) : values.Max(),
                CpuSecondsPerGigabyte = cpu,
                Ratio = ratio.Ratio,
                RatioLow = ratio.Low,
                RatioHigh = ratio.High,
                Rounds = own.Length,
                IsNoisy = ratio.IsNoisy,
                RedirectedShare = share,
                Remark = string.Join(' ', Remarks(arm, own[0], ratio, share)),
                Time = DateTime.Now,
                Machine = machine,
            };
        }
    }

    private static IEnumerable<string> Remarks(MeasurementArm arm, WorkloadFigure figure, RatioInterval ratio, double share)
    {
        if (ratio.IsNoisy)
        {
            yield return RatioInterval.NoisyRemark;
        }

        if (arm == MeasurementArm.Bypass && share == 0)
        {
            yield return "None of the bytes skipped TCP.";
        }

        if (arm != MeasurementArm.Tcp && figure.Remark.Length > 0)
        {
            yield return figure.Remark;
        }
    }

    private static double Compared(WorkloadFigure figure) => figure.Compared ?? figure.Value;

    private static double? Middle(IEnumerable<double?> values) =>
        values.OfType<double>().ToArray() is { Length: > 0 } told ? Quantiles.Of(told, 0.5) : null;
}
