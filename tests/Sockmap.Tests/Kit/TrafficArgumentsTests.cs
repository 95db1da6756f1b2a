using System.Net;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Kit;

public sealed class TrafficArgumentsTests
{
    [Fact]
    public void EveryOptionSurvivesTheCommandLine()
    {
        var options = new TrafficOptions
        {
            Role = Role.Client,
            Cgroup = "/a b",
            NetworkNamespace = "/n",
            Io = IoKind.Poll,
            Family = SocketFamily.MappedBoth,
            Address = IPAddress.Parse("192.0.2.1"),
            Port = 1,
            LocalPort = 2,
            BytesUp = 4,
            BytesDown = TrafficOptions.UntilStopped,
            WriteSizeUp = WriteSizes.Parse("1..9"),
            WriteSizeDown = WriteSizes.Parse("1,2"),
            ReadSize = 5,
            Pattern = TrafficPattern.ServerSpeaksFirst,
            Threads = ThreadKind.Shared,
            DeferAccept = true,
            FastOpen = true,
            LateAcceptMs = 6,
            PauseReaderAt = 7,
            PauseMs = 8,
            Rate = 9,
            HoldSending = true,
            HoldShutdown = true,
            TimeoutMs = 10,
            Seed = ulong.MaxValue,
            SendBuffer = 11,
            ReceiveBuffer = 12,
            Sabotage = new Sabotage(SabotageKind.Swap, 13),
            ExitWithStdin = true,
        };
        Assert.Equal(TrafficArguments.Format(options), TrafficArguments.Format(TrafficArguments.Parse(TrafficArguments.Format(options))));

        // Whatever is not said on the command line would be the default there: no property may be missing from the table.
        var said = new TrafficOptions { Connections = 3, HalfCloseEarly = Direction.Up };
        Assert.Equal(said.Connections, TrafficArguments.Parse(TrafficArguments.Format(said)).Connections);
        Assert.Equal(said.HalfCloseEarly, TrafficArguments.Parse(TrafficArguments.Format(said)).HalfCloseEarly);
        Assert.Equal(1 + (2 * (typeof(TrafficOptions).GetProperties().Length - 3)), TrafficArguments.Format(options).Count);
    }

    [Theory]
    [InlineData("server", "--nonsense", "1")]
    [InlineData("server", "--port")]
    [InlineData("server", "--write-size", "0")]
    [InlineData("server", "--write-size", "9..1")]
    [InlineData("neither")]
    [InlineData("client", "--io", "dotnet", "--fast-open", "true")]
    public void BadArgumentsAreRefused(params string[] arguments) =>
        Assert.Throws<FormatException>(() => TrafficArguments.Parse(arguments));

    [Fact]
    public void RangeStaysInRangeAndReachesSmallAndLarge()
    {
        var sizes = WriteSizes.Parse("1..1048576");
        var random = new Random(1);
        int[] drawn = [.. Enumerable.Range(0, 10_000).Select(i => sizes.At(i, (ulong)random.NextInt64(long.MinValue, long.MaxValue)))];
        Assert.All(drawn, size => Assert.InRange(size, 1, 1 << 20));
        Assert.Contains(1, drawn);
        Assert.Contains(drawn, size => size > 1 << 19);
    }
}
