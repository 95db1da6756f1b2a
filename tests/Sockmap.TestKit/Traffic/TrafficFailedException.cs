namespace Sockmap.TestKit.Traffic;

/// <summary>A checked stream is wrong, stalled, or its process failed. The message tells what both ends saw.</summary>
public sealed class TrafficFailedException(string message, TrafficOutcome? server = null, TrafficOutcome? client = null) : Exception(message)
{
    public TrafficOutcome? Server { get; } = server;

    public TrafficOutcome? Client { get; } = client;
}
