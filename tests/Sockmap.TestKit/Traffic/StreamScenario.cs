using Sockmap.TestKit.Placement;
using Sockmap.Traffic.Options;

namespace Sockmap.TestKit.Traffic;

/// <summary>A server and a client that exchange checked streams, and where they run.</summary>
public sealed record StreamScenario
{
    /// <summary>What both ends are told; role, port and place are filled in.</summary>
    public TrafficOptions Options { get; init; } = new();

    public TestCgroup? ServerCgroup { get; init; }

    public TestCgroup? ClientCgroup { get; init; }

    public TestNetworkNamespace? ServerNamespace { get; init; }

    public TestNetworkNamespace? ClientNamespace { get; init; }

    /// <summary>What the server is told besides (pauses, faults, rate…).</summary>
    public Func<TrafficOptions, TrafficOptions>? ConfigureServer { get; init; }

    /// <summary>What the client is told besides.</summary>
    public Func<TrafficOptions, TrafficOptions>? ConfigureClient { get; init; }

    /// <summary>Both processes must have ended so long after Finish began.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Both ends in one cgroup.</summary>
    public static StreamScenario In(TestCgroup cgroup, TrafficOptions options) =>
        new() { Options = options, ServerCgroup = cgroup, ClientCgroup = cgroup };
}
