using System.Diagnostics;
using Sockmap.Bypasses;

namespace Sockmap.Tests.Events;

/// <summary>A watcher in a process of its own, which the test kills.</summary>
public sealed class WatcherChild
{
    private const string Place = "SOCKMAP_TEST_BPFFS";

    public static Process Start(string bpfFileSystem) => Process.Start(
        new ProcessStartInfo(
            Path.ChangeExtension(typeof(WatcherChild).Assembly.Location, null),
            ["-explicit", "only", "-method", $"{typeof(WatcherChild).FullName}.{nameof(WatchUntilKilled)}", "-noColor"])
        {
            Environment = { [Place] = bpfFileSystem },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;

    [Fact(Explicit = true)]
    public void WatchUntilKilled()
    {
        BypassManager manager = new(new BypassManagerOptions { BpfFileSystem = Environment.GetEnvironmentVariable(Place) });
        Assert.Fail($"The stream ended after {manager.Watch(BypassSettings.DefaultName).Count()} events.");
    }
}
