using Sockmap.Bypasses;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>A reader that stops holds its sender, and with it the kernel's memory, as it does over TCP.</summary>
public sealed class StoppedReaderTests
{
    private const int Connections = 16;

    [Theory]
    [InlineData(BypassVariant.Exact, "65536")]
    [InlineData(BypassVariant.Exact, "64")]
    [InlineData(BypassVariant.Probing, "65536")]
    public void KernelMemoryStaysWithinTwicePlainTcps(BypassVariant variant, string size)
    {
        using InstalledBypass bypass = new();
        using TestCgroup plain = TestCgroup.Create();
        bypass.Install(settings => settings with { Variant = variant });

        long tcp = MemoryOfStoppedReaders(plain, size);
        long bypassed = MemoryOfStoppedReaders(bypass.Cgroup, size);

        BypassStatus status = bypass.Status;
        Assert.True(status.BytesRedirected > 0 && status.MessagesSpilled > 0, $"{status}");
        Assert.True(tcp > 1 << 20, $"Plain TCP's queues took {tcp} bytes: too few to compare with.");
        Assert.True(bypassed <= 2 * tcp, $"Stopped readers cost {bypassed} bytes with the bypass, {tcp} bytes with plain TCP.");
    }

    /// <summary>Bytes of kernel memory that the queues of stopped readers take; then all that was sent arrives.</summary>
    private static long MemoryOfStoppedReaders(TestCgroup cgroup, string size)
    {
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(cgroup, new TrafficOptions
        {
            Connections = Connections,
            Pattern = TrafficPattern.UpOnly,
            BytesUp = TrafficOptions.UntilStopped,
            WriteSizeUp = WriteSizes.Parse(size),
            HoldSending = true,
            TimeoutMs = 120_000,
        }));
        streams.WaitUntilConnected();
        streams.Server.SendCommand("pause-reading");
        long before = KernelMemory.Read().QueueBytes;
        streams.Client.SendCommand("resume-sending");

        // Full when no sender gets another byte in: on a busy machine a single look may find none that had its turn.
        long sent = -1;
        int looks = 0;
        Assert.True(Patience.Until(
            () =>
            {
                long last = sent;
                Thread.Sleep(500);
                sent = streams.Client.Status().Sum(connection => connection.BytesSent);
                looks = sent == last ? looks + 1 : 0;
                return looks == 4;
            },
            TimeSpan.FromSeconds(60)));
        long taken = KernelMemory.Read().QueueBytes - before;
        streams.SendCommand("stop");
        streams.Server.SendCommand("resume-reading");
        StreamReport report = streams.Finish();
        Assert.True(report.BytesUp >= sent);
        return taken;
    }
}
