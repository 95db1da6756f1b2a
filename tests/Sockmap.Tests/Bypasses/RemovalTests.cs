using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.TestKit;
using Sockmap.TestKit.Observation;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses;

/// <summary>Removal under traffic: lossless unless it is told not to be, and then it says what it dropped.</summary>
public sealed class RemovalTests
{
    private static TrafficOptions Endless => new()
    {
        Connections = 8,
        BytesUp = TrafficOptions.UntilStopped,
        BytesDown = TrafficOptions.UntilStopped,
        WriteSizeUp = WriteSizes.Parse("1..100000"),
        WriteSizeDown = WriteSizes.Parse("1..100000"),
        Rate = 16 << 20,
    };

    [Theory]
    [EachVariant]
    public void InstallAndRemoveInTheMiddleAgainAndAgainNeverCostAByte(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        ulong redirected = 0;

        for (int round = 0; round < 8; round++)
        {
            bypass.Install(settings => settings with { Variant = variant });
            using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
            streams.WaitUntilConnected();
            streams.WaitForTraffic(300_000);
            redirected += bypass.Status.BytesRedirected;

            RemovalResult result = bypass.Remove();

            Assert.True(result.IsComplete, $"{result.Remaining.Count} sockets were never read dry.");
            Assert.Equal(16, result.RemovedEntries);
            Assert.Equal(0, result.DroppedBytes);
            streams.WaitForTraffic(300_000);
            streams.Stop();
        }

        Assert.True(redirected > 0);
    }

    [Fact]
    public void ConnectionsFromBeforeAnInstallStayOnTcpThroughManyInstalls()
    {
        using InstalledBypass bypass = new();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
        streams.WaitUntilConnected();

        for (int round = 0; round < 10; round++)
        {
            bypass.Install();
            streams.WaitForTraffic(50_000);
            Assert.Equal(0UL, bypass.Status.SocketsInserted);
            bypass.Remove();
        }

        streams.Stop();
    }

    [Fact]
    public void AReaderThatDoesNotReadIsNamedAndItsBytesArriveLater()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = PausedWithUnreadBytes(bypass);
        int serverPort = streams.Server.ListeningPort;

        RemovalResult result = bypass.Remove(new RemoveOptions { Timeout = TimeSpan.FromMilliseconds(300) });

        Assert.False(result.IsComplete);
        Assert.Equal(0, result.DroppedBytes);
        Assert.Contains(result.Remaining, entry => entry.LocalPort == serverPort && entry.QueuedBytes > 0);
        Assert.Equal(BypassState.Draining, bypass.Status.State);
        ulong redirected = bypass.Status.BytesRedirected;

        streams.Server.SendCommand("resume-reading");
        Assert.True(bypass.Remove().IsComplete);
        Assert.Empty(bypass.Manager.List());
        streams.Stop();
        Assert.True(redirected > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Timeout.Infinite)]
    public void SocketsThatWereReadDryGoWithoutOrWithAllTheTime(int timeout)
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, new TrafficOptions
        {
            Pattern = TrafficPattern.PingPong,
            BytesUp = 10_000,
            BytesDown = 10_000,
            HoldShutdown = true,
        }));
        streams.WaitUntilConnected();
        streams.Client.WaitUntilReceived(10_000);
        Assert.Equal(2, bypass.Entries.Count);

        RemovalResult result = bypass.Remove(new RemoveOptions { Timeout = TimeSpan.FromMilliseconds(timeout) });

        Assert.True(result.IsComplete, string.Join(", ", result.Remaining));
        Assert.Equal(2, result.RemovedEntries);
        streams.SendCommand("shutdown");
        streams.Finish();
    }

    [Fact]
    public void InstallingOverARemovalThatDidNotEndRepairsAndLosesNothing()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = PausedWithUnreadBytes(bypass);
        Assert.False(bypass.Remove(new RemoveOptions { Timeout = TimeSpan.Zero }).IsComplete);

        InstallResult result = bypass.Install(null, new InstallOptions { Timeout = TimeSpan.FromMilliseconds(100) });

        Assert.Equal(InstallOutcome.Repaired, result.Outcome);
        Assert.False(result.Replaced!.IsComplete);
        Assert.Equal(BypassState.Active, bypass.Status.State);
        streams.Server.SendCommand("resume-reading");
        streams.Stop();
        CheckedStreams.Run(StreamScenario.In(bypass.Cgroup, new TrafficOptions { BytesUp = 50_000, BytesDown = 50_000 }));
        Assert.True(bypass.Status.BytesRedirected > 0);
    }

    [Fact]
    public void ForceDoesNotWaitAndSaysHowManyBytesItDropped()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = PausedWithUnreadBytes(bypass);
        long unread = bypass.Entries.Sum(entry => (long)entry.QueuedBytes);
        Assert.True(unread > 0);

        RemovalResult result = bypass.Remove(new RemoveOptions { Force = true });

        Assert.True(result.IsComplete);
        Assert.Equal(unread, result.DroppedBytes);
        Assert.Empty(bypass.Manager.List());

        // The check that finds a lost byte finds these.
        streams.Server.SendCommand("resume-reading");
        Assert.Throws<TrafficFailedException>(streams.Stop);
    }

    [Fact]
    public void RemovalWithoutADrainLosesBytesAndTheCheckSeesIt()
    {
        int broken = 0;
        for (int round = 0; round < 5 && broken == 0; round++)
        {
            using InstalledBypass bypass = new();
            bypass.Install();
            using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
            streams.WaitUntilConnected();
            streams.WaitForTraffic(200_000);

            // What bpftool map delete, or rm of the last pin of a map that no program holds, would do.
            using (BpfMap sockHash = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "sockhash")))
            using (BpfLink list = BpfLink.OpenPinned(Path.Combine(bypass.Folder, "list")))
            {
                foreach (EntryRow row in EntryReader.ReadRows(list).ToList())
                {
                    sockHash.TryDelete(row.Key);
                }
            }

            try
            {
                streams.Stop();
            }
            catch (TrafficFailedException)
            {
                broken++;
            }
        }

        Assert.True(broken > 0, "Five times eight streams lost nothing: then the other tests of this class prove nothing.");
    }

    [Fact]
    public void AClosedSlotPausesEveryDirectionInOrderAndAnOpenOneGoesOn()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
        streams.WaitUntilConnected();
        using BpfMap slot = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "slot"));
        using Bpf.Programs.BpfProgram verdict = Bpf.Programs.BpfProgram.OpenPinned(Path.Combine(bypass.Folder, "verdict"));

        for (int round = 0; round < 10; round++)
        {
            streams.WaitForTraffic(100_000);
            Assert.True(slot.TryDelete(0u));
            Assert.Equal(BypassState.Paused, bypass.Status.State);
            Thread.Sleep(50);
            ulong paused = bypass.Status.BytesRedirected;
            streams.WaitForTraffic(100_000);
            Assert.Equal(paused, bypass.Status.BytesRedirected);
            slot.UpdateDescriptor(new byte[sizeof(uint)], verdict.Handle);
            Assert.True(Patience.Until(() => bypass.Status.BytesRedirected > paused));
        }

        streams.Stop();
    }

    [Fact]
    public void WithItsPinsGoneTheBypassIsOffAndTrafficGoesOnInOrder()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless));
        streams.WaitUntilConnected();
        streams.WaitForTraffic(200_000);
        Assert.True(bypass.Status.BytesRedirected > 0);
        IReadOnlyList<KernelObject> objects = bypass.KernelObjects;

        // The worst that an unknowing hand can do: rm -r of the folder.
        foreach (string pin in Directory.GetFiles(bypass.Folder))
        {
            File.Delete(pin);
        }

        Directory.Delete(bypass.Folder);
        streams.WaitForTraffic(500_000);
        streams.Stop();
        InstalledBypass.AssertGone(objects);
    }

    /// <summary>Streams whose server has stopped reading with redirected bytes in its queue.</summary>
    private static RunningStreams PausedWithUnreadBytes(InstalledBypass bypass)
    {
        RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless with
        {
            Connections = 1,
            Pattern = TrafficPattern.UpOnly,
            TimeoutMs = 60_000,
        }) with
        { ConfigureServer = options => options with { PauseReaderAt = 100_000 } });
        streams.WaitUntilConnected();
        streams.Server.WaitUntilReaderPaused();
        Assert.True(Patience.Until(() => bypass.Status.MessagesSpilled > 0 || bypass.Entries.Any(entry => entry.QueuedBytes > 100_000)));
        streams.Client.SendCommand("pause-sending");
        Thread.Sleep(100);
        return streams;
    }
}
