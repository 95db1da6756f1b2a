using Sockmap.Bypasses;
using Sockmap.Cli.Demo;
using Sockmap.Cli.Tests.Output;

namespace Sockmap.Cli.Tests.Demo;

public sealed class DemoReportTests
{
    internal static DemoReport Report { get; } = new()
    {
        Bypass = "demo-1",
        Variant = BypassVariant.Exact,
        Cgroup = "/sys/fs/cgroup/unified/sockmap-demo-1",
        ServerProcessId = 2,
        ClientProcessId = 3,
        Rounds = [Round(12_000, 8_000), Round(50_000, 7_000), Round(12_200, 90_000)],
        Entries = [Samples.Entry],
        MessagesRedirected = 1000,
        BytesRedirected = 2048,
        MessagesOverTcp = 2,
        BytesOverTcp = 128,
    };

    [Fact]
    public void The_verdict_is_made_of_the_kernels_counters_and_the_measurements()
    {
        Assert.True(Report.Succeeded);
        Assert.Equal(
            "1,000 of 1,002 messages (2.0 KiB of 2.1 KiB) skipped TCP, every byte came back as it was sent, and a round trip took "
            + "8.0 us instead of 12.2 us (1.52 times as fast).",
            Report.Verdict);
    }

    [Fact]
    public void Without_a_redirected_byte_it_has_failed_whatever_was_measured()
    {
        DemoReport report = Report with { MessagesRedirected = 0, BytesRedirected = 0, MessagesOverTcp = 1002 };

        Assert.False(report.Succeeded);
        Assert.StartsWith("No byte skipped TCP: the kernel counts 1,002 messages over TCP", report.Verdict);
    }

    [Fact]
    public void Both_ends_send_what_is_echoed() => Assert.Equal(3 * 2 * 1088ul, Report.BytesSent);

    private static DemoRound Round(double tcp, double bypassed) => new(Measure(tcp), Measure(bypassed));

    private static DemoMeasurement Measure(double median) => new()
    {
        RoundTrips = 1000,
        MedianNanoseconds = median,
        Percentile99Nanoseconds = 2 * median,
        BytesPerSecond = 1e13 / median,
        BytesEchoed = 1088,
    };
}
