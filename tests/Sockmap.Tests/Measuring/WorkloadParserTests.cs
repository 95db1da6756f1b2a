using Sockmap.Measuring;
using Sockmap.Measuring.Workloads;

namespace Sockmap.Tests.Measuring;

/// <summary>What real programs write is read as they mean it: outputs of Redis 7.0, iperf3 3.12, sockperf 3.7 and pgbench 15, seen here.</summary>
public sealed class WorkloadParserTests
{
    [Fact]
    public void RedisBenchmark()
    {
        IReadOnlyList<WorkloadFigure> figures = RedisWorkload.Parse(
            """
            "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
            "SET","51546.39","0.018","0.008","0.023","0.023","0.039","0.319"
            "GET","51020.41","0.018","0.008","0.023","0.023","0.031","0.127"

            """);

        Assert.Equal(["Redis SET", "Redis SET", "Redis GET", "Redis GET"], figures.Select(figure => figure.Name));
        Assert.Equal((MeasurementKind.Throughput, "1/s", 51546.39), (figures[0].Kind, figures[0].Unit, figures[0].Value));
        Assert.Equal((MeasurementKind.Latency, "us", 23, 31, 127), (figures[3].Kind, figures[3].Unit, figures[3].Value, figures[3].P99, figures[3].Maximum));

        // Of 51,020 requests a second each takes 19.6 us, which the table has as one of 8 us steps.
        Assert.Equal(19.6, figures[3].Compared!.Value, 0.001);
        Assert.Null(figures[3].P999);
    }

    [Fact]
    public void Iperf3()
    {
        WorkloadFigure figure = Assert.Single(Iperf3Workload.Parse(
            """
            {"start": {}, "intervals": [], "end": {"streams": [],
              "sum_sent": {"start": 0, "end": 1.000035, "seconds": 1.000035, "bytes": 2049310720, "bits_per_second": 16393911973.080942, "retransmits": 5, "sender": true},
              "sum_received": {"start": 0, "end": 1.000074, "seconds": 1.000074, "bytes": 2045378560, "bits_per_second": 16361817705.489796, "sender": true},
              "cpu_utilization_percent": {"host_total": 10.068030057151624, "host_user": 0.3, "host_system": 9.75, "remote_total": 67.17815703480908, "remote_user": 0.5, "remote_system": 66.6}}}
            """));

        Assert.Equal((MeasurementKind.Throughput, "MB/s"), (figure.Kind, figure.Unit));
        Assert.Equal(2045.2272, figure.Value, 0.0001);

        // 77.25 % of a CPU for a second, and 2.045 GB.
        Assert.Equal(0.3777, figure.CpuSecondsPerGigabyte!.Value, 0.0001);
    }

    [Fact]
    public void Sockperf()
    {
        WorkloadFigure figure = Assert.Single(SockperfWorkload.Parse(
            "sockperf: \u001b[2;35m====> avg-rtt=13.881 (std-dev=78.230)\u001b[0m\n"
            + "sockperf: Summary: Round trip is 13.881 usec\n"
            + "sockperf: ---> <MAX> observation = 11858.639\n"
            + "sockperf: ---> percentile 99.999 = 11858.639\n"
            + "sockperf: ---> percentile 99.990 = 2008.943\n"
            + "sockperf: ---> percentile 99.900 =   63.534\n"
            + "sockperf: ---> percentile 99.000 =   15.713\n"
            + "sockperf: ---> percentile 50.000 =   12.909\n"));

        Assert.Equal((12.909, 15.713, 63.534, 11858.639), (figure.Value, figure.P99, figure.P999, figure.Maximum));
    }

    [Fact]
    public void Pgbench()
    {
        IReadOnlyList<WorkloadFigure> figures = PostgresWorkload.Parse(
            "pgbench (15.18 (Debian 15.18-0+deb12u1))\nnumber of failed transactions: 0 (0.000%)\nlatency average = 0.027 ms\n"
            + "initial connection time = 2.394 ms\ntps = 36519.762368 (without initial connection time)\n",
            ["0 1 575 0 1795268274 96159", "0 2 60 0 1795268274 96229", "0 3 38 0 1795268274 96268"]);

        Assert.Equal((MeasurementKind.Throughput, 36519.762368), (figures[0].Kind, figures[0].Value));
        Assert.Equal(MeasurementKind.Latency, figures[1].Kind);
        Assert.InRange(figures[1].Value, 59, 61);
        Assert.Equal((575 + 60 + 38) / 3.0, figures[1].Compared!.Value, 0.001);
        Assert.Equal(575, figures[1].Maximum);
    }

    [Fact]
    public void SomethingElseIsAnErrorThatSaysSo()
    {
        Assert.Contains("Redis 6.2", Assert.Throws<FormatException>(() => RedisWorkload.Parse("\"SET\",\"51546.39\"\n\"GET\",\"1\"\n")).Message, StringComparison.Ordinal);
        Assert.Contains("iperf3", Assert.Throws<FormatException>(() => Iperf3Workload.Parse("{\"error\":\"x\"}")).Message, StringComparison.Ordinal);
        Assert.Contains("iperf3", Assert.Throws<FormatException>(() => Iperf3Workload.Parse("hello")).Message, StringComparison.Ordinal);
        Assert.Contains("percentile 50", Assert.Throws<FormatException>(() => SockperfWorkload.Parse("sockperf: No messages were received")).Message, StringComparison.Ordinal);
        Assert.Contains("no tps", Assert.Throws<FormatException>(() => PostgresWorkload.Parse("hello", [])).Message, StringComparison.Ordinal);
        Assert.Contains("logged 'x'", Assert.Throws<FormatException>(() => PostgresWorkload.Parse("tps = 1 (", ["x"])).Message, StringComparison.Ordinal);
        Assert.Contains("nothing", Assert.Throws<FormatException>(() => PostgresWorkload.Parse("tps = 1 (", [])).Message, StringComparison.Ordinal);
    }
}
