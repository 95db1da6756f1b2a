using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;
using Sockmap.Traffic.Reporting;

namespace Sockmap.Tests.Kit;

/// <summary>Over plain TCP every pattern passes and every fault is caught.</summary>
public sealed class CheckedStreamsTests
{
    private static readonly TrafficOptions s_small = new() { BytesUp = 300_000, BytesDown = 500_000, WriteSizeUp = WriteSizes.Parse("1..65536"), WriteSizeDown = WriteSizes.Parse("1,100,9000") };

    public static TheoryData<TrafficPattern, IoKind, ThreadKind> Ways()
    {
        var ways = new TheoryData<TrafficPattern, IoKind, ThreadKind>();
        foreach (TrafficPattern pattern in Enum.GetValues<TrafficPattern>())
        {
            foreach (IoKind io in Enum.GetValues<IoKind>())
            {
                ways.Add(pattern, io, ThreadKind.PerDirection);
                if (io != IoKind.Dotnet)
                {
                    ways.Add(pattern, io, ThreadKind.Shared);
                }
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void EveryPatternPasses(TrafficPattern pattern, IoKind io, ThreadKind threads)
    {
        TrafficOptions options = s_small with { Pattern = pattern, Io = io, Threads = threads, Connections = 2 };
        StreamReport report = CheckedStreams.Run(new StreamScenario { Options = options });
        Assert.Equal(2 * options.BytesOf(Direction.Up), report.BytesUp);
        Assert.Equal(2 * options.BytesOf(Direction.Down), report.BytesDown);
        Assert.Equal(report.BytesUp, report.Server.Connections.Sum(c => c.BytesReceived));
        Assert.Equal(report.BytesDown, report.Client.Connections.Sum(c => c.BytesReceived));
        Assert.All(report.Server.Connections.Concat(report.Client.Connections), c => Assert.True(c.SendFinished && c.ReceiveFinished));
    }

    [Theory]
    [InlineData(SocketFamily.V4, "127.0.0.1", "127.0.0.1")]
    [InlineData(SocketFamily.V6, "::1", "::1")]
    [InlineData(SocketFamily.MappedServer, "127.0.0.1", "::ffff:127.0.0.1")]
    [InlineData(SocketFamily.MappedClient, "::ffff:127.0.0.1", "127.0.0.1")]
    [InlineData(SocketFamily.MappedBoth, "::ffff:127.0.0.1", "::ffff:127.0.0.1")]
    public void EveryFamilyIsWhatItSays(SocketFamily family, string client, string server)
    {
        foreach (IoKind io in new[] { IoKind.Blocking, IoKind.Dotnet })
        {
            StreamReport report = CheckedStreams.Run(new StreamScenario { Options = s_small with { Family = family, Io = io } });
            Assert.Equal(client, Assert.Single(report.Client.Connections).LocalAddress);
            Assert.Equal(server, Assert.Single(report.Server.Connections).LocalAddress);
        }
    }

    [Theory]
    [InlineData(SabotageKind.Corrupt, TrafficErrorKind.Mismatch, 100_001, null)]
    [InlineData(SabotageKind.Swap, TrafficErrorKind.Mismatch, 100_001, 100_065L)]
    [InlineData(SabotageKind.Lose, TrafficErrorKind.Mismatch, 100_001, 100_065L)]
    [InlineData(SabotageKind.Repeat, TrafficErrorKind.Mismatch, 100_001, 99_937L)]
    [InlineData(SabotageKind.Truncate, TrafficErrorKind.EarlyEnd, 100_001, null)]
    [InlineData(SabotageKind.Extend, TrafficErrorKind.TooLong, 300_000, null)]
    public void AFaultIsCaught(SabotageKind kind, TrafficErrorKind expected, long offset, long? foundAt)
    {
        foreach (IoKind io in Enum.GetValues<IoKind>())
        {
            var error = Assert.Throws<TrafficFailedException>(() => CheckedStreams.Run(new StreamScenario
            {
                Options = s_small with { Io = io },
                ConfigureClient = o => o with { Sabotage = new Sabotage(kind, 100_001) },
            }));
            Assert.Equal((int)ExitCode.WrongBytes, error.Server!.ProcessExitCode);
            TrafficError found = Assert.Single(error.Server.Errors);
            Assert.Equal(expected, found.Kind);
            Assert.Equal(Direction.Up, found.Direction);

            // One byte in 256 is right by chance where the block is wrong.
            Assert.InRange(found.Offset!.Value, offset, kind is SabotageKind.Swap or SabotageKind.Lose or SabotageKind.Repeat ? offset + 4 : offset);
            Assert.Equal(foundAt - offset, found.FoundAt - found.Offset);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AFaultOfTheServerIsCaughtWithAnyWriteSize(int size)
    {
        var error = Assert.Throws<TrafficFailedException>(() => CheckedStreams.Run(new StreamScenario
        {
            Options = s_small with { Pattern = TrafficPattern.PingPong, BytesUp = 2000, BytesDown = 2000, WriteSizeDown = WriteSizes.Parse($"{size}") },
            ConfigureServer = o => o with { Sabotage = new Sabotage(SabotageKind.Swap, 1000) },
        }));
        TrafficError found = Assert.Single(error.Client!.Errors);
        Assert.Equal(TrafficErrorKind.Mismatch, found.Kind);
        Assert.Equal(Direction.Down, found.Direction);
        Assert.InRange(found.Offset!.Value, 1000, 1004);
    }

    [Theory]
    [InlineData(ThreadKind.PerDirection)]
    [InlineData(ThreadKind.Shared)]
    public void AStallIsCaught(ThreadKind threads)
    {
        var error = Assert.Throws<TrafficFailedException>(() => CheckedStreams.Run(new StreamScenario
        {
            Options = s_small with { TimeoutMs = 500, Threads = threads },
            ConfigureClient = o => o with { Sabotage = new Sabotage(SabotageKind.Stall, 100_001) },
        }));
        Assert.Equal((int)ExitCode.Stalled, error.Server!.ProcessExitCode);
        TrafficError found = Assert.Single(error.Server.Errors);
        Assert.Equal(TrafficErrorKind.Stall, found.Kind);
        Assert.Equal(Direction.Up, found.Direction);
        Assert.Equal(100_001, found.Offset);
    }

    [Fact]
    public void AMissingConnectionIsAStall()
    {
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_small with { TimeoutMs = 500 },
            ConfigureServer = o => o with { Connections = 2 },
        });
        var error = Assert.Throws<TrafficFailedException>(streams.Finish);
        Assert.Equal(ExitCode.Stalled, error.Server!.Result!.ExitCode);
        Assert.Contains("1 of 2 connections", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BadArgumentsAreTold()
    {
        using var process = TrafficProcess.Start(new TrafficOptions { Cgroup = "/nonexistent" });
        var error = Assert.Throws<TrafficFailedException>(() => process.ListeningPort);
        Assert.Contains("/nonexistent", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Direction.Up)]
    [InlineData(Direction.Down)]
    public void OneSideClosesEarly(Direction early)
    {
        StreamReport report = CheckedStreams.Run(new StreamScenario { Options = s_small with { HalfCloseEarly = early } });
        Assert.Equal(s_small.BytesUp, report.BytesUp);
        Assert.Equal(s_small.BytesDown, report.BytesDown);
    }

    [Fact]
    public void DeferredAndLateAcceptPass() => CheckedStreams.Run(new StreamScenario
    {
        Options = s_small with { DeferAccept = true, LateAcceptMs = 100 },
    });

    [Fact]
    public void FastOpenSendsDataWithTheSyn()
    {
        using var place = TestNetworkNamespace.Create();
        place.EnableFastOpen();
        StreamReport report = CheckedStreams.Run(new StreamScenario
        {
            Options = s_small with { FastOpen = true, Connections = 3 },
            ServerNamespace = place,
            ClientNamespace = place,
        });
        Assert.All(report.Client.Connections, c => Assert.True(c.SentWithSyn));
    }

    [Fact]
    public void AReaderPausesWhereItIsTold()
    {
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_small with { Pattern = TrafficPattern.UpOnly, BytesUp = 20_000_000 },
            ConfigureServer = o => o with { PauseReaderAt = 123_457 },
        });
        Assert.Equal(123_457, streams.Server.WaitUntilReaderPaused());
        Assert.Equal(123_457, streams.Server.Status().Single().BytesReceived);
        streams.Server.SendCommand("resume-reading");
        Assert.Equal(20_000_000, streams.Finish().BytesUp);
    }

    [Theory]
    [InlineData(TrafficPattern.StreamBoth, ThreadKind.PerDirection)]
    [InlineData(TrafficPattern.PingPong, ThreadKind.PerDirection)]
    [InlineData(TrafficPattern.ServerSpeaksFirst, ThreadKind.Shared)]
    public void StreamsRunUntilStopped(TrafficPattern pattern, ThreadKind threads)
    {
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_small with { Pattern = pattern, Threads = threads, BytesUp = TrafficOptions.UntilStopped, BytesDown = TrafficOptions.UntilStopped },
        });
        streams.WaitUntilConnected();
        streams.WaitForTraffic(100_000);
        streams.WaitForTraffic(100_000);
        StreamReport report = streams.Stop();
        Assert.True(report.BytesUp >= 200_000 && report.BytesDown >= 200_000);
    }

    [Fact]
    public void ALimitedSenderIsStillOnItsWayWhenAFreeOneIsDone()
    {
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_small with { BytesUp = TrafficOptions.UntilStopped },
            ConfigureClient = o => o with { Rate = 20_000 },
        });
        streams.Client.WaitUntilReceived(s_small.BytesDown);
        // Free, the client would have sent as much by now; at its rate that takes 25 seconds.
        Assert.True(streams.Server.Status().Single().BytesReceived < s_small.BytesDown);
        streams.Stop();
    }

    [Fact]
    public void PausedReadersAndSendersGoOn()
    {
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario
        {
            Options = s_small with { BytesUp = TrafficOptions.UntilStopped, BytesDown = TrafficOptions.UntilStopped },
        });
        streams.WaitUntilConnected();
        for (int i = 0; i < 3; i++)
        {
            streams.WaitForTraffic(100_000);
            streams.SendCommand("pause-reading");
            streams.Client.SendCommand("pause-sending");
            streams.SendCommand("resume-reading");
            streams.Client.SendCommand("resume-sending");
        }

        streams.Stop();
    }

    [Fact]
    public void SendingAndShutdownAreHeldUntilTold()
    {
        using RunningStreams streams = CheckedStreams.Start(new StreamScenario { Options = s_small with { HoldSending = true, HoldShutdown = true } });
        streams.WaitUntilConnected();
        Assert.Equal(0, streams.Server.Status().Single().BytesReceived);
        streams.SendCommand("resume-sending");
        streams.Server.WaitUntilReceived(s_small.BytesUp);
        streams.Client.WaitUntilReceived(s_small.BytesDown);
        Assert.False(streams.Server.Status().Single().ReceiveFinished);
        streams.SendCommand("shutdown");
        streams.Finish();
    }

    [Fact]
    public void DisposeKillsWhatRuns()
    {
        RunningStreams streams = CheckedStreams.Start(new StreamScenario { Options = s_small with { HoldSending = true } });
        int[] ids = [streams.Server.Id, streams.Client.Id];
        streams.Dispose();
        Assert.All(ids, id => Assert.False(Directory.Exists($"/proc/{id}")));
    }
}
