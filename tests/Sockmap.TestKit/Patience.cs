namespace Sockmap.TestKit;

/// <summary>Waits for what the kernel or another process does in its own time.</summary>
public static class Patience
{
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(10);

    /// <summary>True as soon as <paramref name="condition"/> is; false when the time is up.</summary>
    public static bool Until(Func<bool> condition, TimeSpan? time = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long end = Environment.TickCount64 + (long)(time ?? Default).TotalMilliseconds;
        int pause = 1;
        while (!condition())
        {
            if (Environment.TickCount64 >= end)
            {
                return false;
            }

            Thread.Sleep(pause);
            pause = Math.Min(pause * 2, 50);
        }

        return true;
    }
}
