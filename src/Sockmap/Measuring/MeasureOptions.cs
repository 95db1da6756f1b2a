using Sockmap.Bypasses;

namespace Sockmap.Measuring;

/// <summary>What is measured, and how long.</summary>
public sealed record MeasureOptions
{
    /// <summary>The largest message, in bytes.</summary>
    public const int MaxMessageSize = 16 << 20;

    /// <summary>The most connections at a time.</summary>
    public const int MaxConnections = 1024;

    /// <summary>The most rounds.</summary>
    public const int MaxRounds = 1000;

    /// <summary>The kinds, in this order.</summary>
    public IReadOnlyList<MeasurementKind> Kinds { get; init; } = [MeasurementKind.Latency, MeasurementKind.Throughput, MeasurementKind.ConnectionRate];

    /// <summary>
    /// Bytes of a message, 1 to 16 MiB. The rate of connections is measured with the smallest only, as it is the making
    /// that counts there.
    /// </summary>
    public IReadOnlyList<int> MessageSizes { get; init; } = [1, 64, 1024, 4096, 65536, 1 << 20];

    /// <summary>Connections at the same time, 1 to 1024.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [1];

    /// <summary>The ways to compare. Plain TCP is always measured, as the others are compared with it.</summary>
    public IReadOnlyList<MeasurementArm> Arms { get; init; } = [MeasurementArm.Tcp, MeasurementArm.Bypass, MeasurementArm.Unix];

    /// <summary>Rounds of each way that count, 3 to 1000; one more before them warms up.</summary>
    public int Rounds { get; init; } = 10;

    /// <summary>How long a round takes, 10 ms to a minute.</summary>
    public TimeSpan RoundTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The CPU that server and client share; or two: the server's and the client's. Empty is the last one that this
    /// process may use, for both: across CPUs a round trip is mostly the waking of the other one.
    /// </summary>
    public IReadOnlyList<int> Cpus { get; init; } = [];

    /// <summary>The verdict program of the bypass that is measured; null is the best that the kernel takes.</summary>
    public BypassVariant? Variant { get; init; }

    /// <summary>Bytes that may wait unread in a receiver of that bypass before messages spill to TCP; 0 is 2 MiB.</summary>
    public uint QueueLimit { get; init; }

    /// <summary>
    /// An object file with one sock_ops program, one sk_msg program, and sockmaps or sockhashes. It is the way
    /// <see cref="MeasurementArm.Object"/>, which is measured where this is given.
    /// </summary>
    public string? ObjectPath { get; init; }
}
