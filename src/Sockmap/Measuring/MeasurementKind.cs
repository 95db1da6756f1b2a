namespace Sockmap.Measuring;

/// <summary>What is measured.</summary>
public enum MeasurementKind
{
    /// <summary>Round trips: a message there and one of the same size back, in microseconds; less is better.</summary>
    Latency,

    /// <summary>Messages one way as fast as they go, in MB/s (10^6 bytes) as the receiver counts them; of a real program also requests a second, in 1/s. More is better.</summary>
    Throughput,

    /// <summary>Connections made, used for one message and closed, a second; more is better.</summary>
    ConnectionRate,
}
