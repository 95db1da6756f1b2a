namespace Sockmap.Bypasses;

/// <summary>How a removal treats bytes that nobody has read yet.</summary>
public sealed record RemoveOptions
{
    /// <summary>
    /// How long to wait for readers before the removal stops and says who has not read. Zero takes out those who have read
    /// all; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for the last.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Does not wait: unread redirected bytes are dropped and counted. Connections that had some are corrupted.</summary>
    public bool Force { get; init; }

    /// <summary>Told after every look at the queues.</summary>
    public IProgress<DrainProgress>? Progress { get; init; }
}
