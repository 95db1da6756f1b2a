using System.Diagnostics;

namespace Sockmap.Redirects;

/// <summary>Waits for others in growing steps, up to a time.</summary>
/// <param name="timeout">The time; <see cref="Timeout.InfiniteTimeSpan"/> is without end.</param>
internal sealed class Deadline(TimeSpan timeout)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly long _started = Stopwatch.GetTimestamp();
    private TimeSpan _pause = TimeSpan.FromMilliseconds(1);

    public bool IsOver => timeout != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(_started) >= timeout;

    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Pause(CancellationToken cancellationToken)
    {
        if (cancellationToken.WaitHandle.WaitOne(_pause))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }
}
