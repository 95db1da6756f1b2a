using Sockmap.Bypasses;
using Sockmap.Events;
using Sockmap.TestKit.Traffic;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>Streams whose every byte is checked do not notice that they are added, listed, counted, watched and removed all the time.</summary>
public sealed class LiveTrafficTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(SocketFamily.V4, "1..300", IoKind.Blocking)]
    [InlineData(SocketFamily.V4, "1..200000", IoKind.Poll)]
    [InlineData(SocketFamily.V6, "1..300", IoKind.Poll)]
    [InlineData(SocketFamily.V6, "1..200000", IoKind.Blocking)]
    [InlineData(SocketFamily.MappedServer, "1..300", IoKind.Dotnet)]
    [InlineData(SocketFamily.MappedClient, "1..200000", IoKind.Dotnet)]
    [InlineData(SocketFamily.MappedBoth, "1..20000", IoKind.Blocking)]
    public void NothingIsNoticed(SocketFamily family, string sizes, IoKind io) => Disturb(new TrafficOptions
    {
        Family = family,
        Io = io,
        Connections = 4,
        BytesUp = TrafficOptions.UntilStopped,
        BytesDown = TrafficOptions.UntilStopped,
        WriteSizeUp = WriteSizes.Parse(sizes),
        WriteSizeDown = WriteSizes.Parse(sizes),
        Rate = 16 << 20,
    });

    [Fact]
    public void NothingIsNoticedByAReaderWhoPauses() => Disturb(new TrafficOptions
    {
        Connections = 4,
        BytesUp = TrafficOptions.UntilStopped,
        BytesDown = TrafficOptions.UntilStopped,
        WriteSizeUp = WriteSizes.Parse("1..50000"),
        WriteSizeDown = WriteSizes.Parse("1..50000"),
        PauseReaderAt = 100_000,
        PauseMs = 700,
    });

    private static void Disturb(TrafficOptions options)
    {
        using InstalledBypass bypass = new();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, options));
        streams.WaitUntilConnected();
        bypass.Install();
        using CancellationTokenSource end = new();
        HashSet<SockmapEventKind> seen = [];
        Task watching = Task.Run(() => Watch(bypass.Manager, seen, end.Token));
        int added = 0, listed = 0, removed = 0, stayed = 0;

        for (long until = Environment.TickCount64 + (long)Duration.TotalMilliseconds; Environment.TickCount64 < until;)
        {
            added += bypass.AddAll().Count(result => result.IsNew);
            for (int i = 0; i < 3; i++)
            {
                listed += bypass.Entries.Count;
                bypass.Manager.GetStatistics(BypassSettings.DefaultName);
                Thread.Sleep(20);
            }

            EntryRemovalResult result = bypass.Manager.RemoveEntries(
                BypassSettings.DefaultName, [.. bypass.Entries.Select(entry => entry.Cookie)], new RemoveOptions { Timeout = TimeSpan.FromMilliseconds(300) });
            Assert.Equal(0, result.DroppedBytes);
            removed += result.Removed.Count;
            stayed += result.Remaining.Count;
        }

        ulong redirected = bypass.Status.BytesRedirected;
        streams.Stop();
        end.Cancel();
        watching.GetAwaiter().GetResult();
        Assert.True(added > 0 && listed > 0 && removed > 0 && redirected > 0, $"added {added}, listed {listed}, removed {removed}, stayed {stayed}, {redirected} bytes redirected");
        Assert.Superset(new HashSet<SockmapEventKind> { SockmapEventKind.Joined, SockmapEventKind.Switched, SockmapEventKind.Left }, seen);
    }

    private static void Watch(BypassManager manager, HashSet<SockmapEventKind> seen, CancellationToken cancellationToken)
    {
        try
        {
            foreach (SockmapEvent happened in manager.Watch(BypassSettings.DefaultName, cancellationToken: cancellationToken))
            {
                seen.Add(happened.Kind);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }
}
