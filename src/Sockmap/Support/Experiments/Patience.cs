namespace Sockmap.Support.Experiments;

/// <summary>How long an experiment waits for what should happen at once.</summary>
internal static class Patience
{
    /// <summary>Loopback needs microseconds; the rest is for a busy machine. It is spent in full only where nothing happens.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);

    /// <summary><see cref="Limit"/> for calls that take milliseconds.</summary>
    public static int Milliseconds => (int)Limit.TotalMilliseconds;
}
