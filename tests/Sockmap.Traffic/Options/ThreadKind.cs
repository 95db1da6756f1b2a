namespace Sockmap.Traffic.Options;

/// <summary>PerDirection: a thread that sits in recv and another that sends. Shared: one thread polls for both.</summary>
public enum ThreadKind
{
    PerDirection,
    Shared,
}
