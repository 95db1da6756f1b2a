namespace Sockmap.Traffic.Streams;

/// <summary>What one end of a direction may do now.</summary>
internal enum Readiness
{
    Ready,
    Waiting,
    Finished,
}
