namespace Sockmap.Traffic.Options;

/// <summary>Who sends when. PingPong and ServerSpeaksFirst take turns, message by message; the stream patterns do not wait.</summary>
public enum TrafficPattern
{
    StreamBoth,
    PingPong,
    UpOnly,
    DownOnly,
    ServerSpeaksFirst,
}
