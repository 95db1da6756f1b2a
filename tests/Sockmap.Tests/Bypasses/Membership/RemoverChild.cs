using System.Diagnostics;
using Sockmap.Bypasses;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>A removal of all entries in a process of its own, which the test kills.</summary>
public sealed class RemoverChild
{
    private const string Place = "SOCKMAP_TEST_BPFFS";

    public static Process Start(string bpfFileSystem) => Process.Start(
        new ProcessStartInfo(
            Path.ChangeExtension(typeof(RemoverChild).Assembly.Location, null),
            ["-explicit", "only", "-method", $"{typeof(RemoverChild).FullName}.{nameof(RemoveUntilKilled)}", "-noColor"])
        {
            Environment = { [Place] = bpfFileSystem },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;

    [Fact(Explicit = true)]
    public void RemoveUntilKilled()
    {
        BypassManager manager = new(new BypassManagerOptions { BpfFileSystem = Environment.GetEnvironmentVariable(Place) });
        ulong[] cookies = [.. manager.GetEntries(BypassSettings.DefaultName).Select(entry => entry.Cookie)];
        EntryRemovalResult result = manager.RemoveEntries(BypassSettings.DefaultName, cookies, new RemoveOptions { Timeout = Timeout.InfiniteTimeSpan });
        Assert.Fail($"It ended with {result.Removed.Count} removed.");
    }
}
