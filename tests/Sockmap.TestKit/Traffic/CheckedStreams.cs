using Sockmap.Traffic.Options;

namespace Sockmap.TestKit.Traffic;

/// <summary>Runs checked streams between two processes.</summary>
public static class CheckedStreams
{
    private static long s_seed = Environment.TickCount64;

    /// <summary>Runs a scenario to its end.</summary>
    /// <exception cref="TrafficFailedException">A byte is wrong, a stream stalled, or a process failed.</exception>
    public static StreamReport Run(StreamScenario scenario)
    {
        using RunningStreams streams = Start(scenario);
        return streams.Finish();
    }

    /// <summary>Starts a scenario; the ends connect on their own.</summary>
    public static RunningStreams Start(StreamScenario scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);

        // No two runs share bytes: what strays from one into another is seen.
        TrafficOptions options = scenario.Options.Seed == new TrafficOptions().Seed
            ? scenario.Options with { Seed = (ulong)Interlocked.Increment(ref s_seed) }
            : scenario.Options;
        TrafficOptions serverOptions = options with
        {
            Role = Role.Server,
            LocalPort = 0,
            Cgroup = scenario.ServerCgroup?.Path,
            NetworkNamespace = scenario.ServerNamespace?.Path,
        };
        TrafficOptions clientOptions = options with
        {
            Role = Role.Client,
            Port = 0,
            Cgroup = scenario.ClientCgroup?.Path,
            NetworkNamespace = scenario.ClientNamespace?.Path,
        };

        // The client starts at once and waits for the port: two processes start in the time of one.
        var server = TrafficProcess.Start(scenario.ConfigureServer?.Invoke(serverOptions) ?? serverOptions);
        TrafficProcess? client = null;
        try
        {
            client = TrafficProcess.Start(scenario.ConfigureClient?.Invoke(clientOptions) ?? clientOptions);
            client.SendCommand(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"port {server.ListeningPort}"));
            return new RunningStreams(server, client, scenario.Deadline);
        }
        catch
        {
            client?.Dispose();
            server.Dispose();
            throw;
        }
    }
}
