namespace Sockmap.Cli.Demo;

/// <summary>What the client measured on one connection. Every byte of it was verified, or there would be no measurement.</summary>
internal sealed record DemoMeasurement
{
    /// <summary>Round trips of 64 bytes that were timed.</summary>
    public required int RoundTrips { get; init; }

    /// <summary>Median of a round trip.</summary>
    public required double MedianNanoseconds { get; init; }

    /// <summary>99 of 100 round trips took no longer.</summary>
    public required double Percentile99Nanoseconds { get; init; }

    /// <summary>Bytes a second, one way, in writes of 64 KiB that the server echoes meanwhile.</summary>
    public required double BytesPerSecond { get; init; }

    /// <summary>Bytes that went there and came back unchanged: each end sent that many.</summary>
    public required long BytesEchoed { get; init; }
}
