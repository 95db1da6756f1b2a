namespace Sockmap.Traffic.Streams;

/// <summary>What the lines on standard input switch, for all connections of the process.</summary>
public sealed class Controls
{
    private volatile bool _readingPaused;
    private volatile bool _sendingHeld;
    private volatile bool _stopping;
    private volatile bool _mayShutdown;

    public bool ReadingPaused
    {
        get => _readingPaused;
        set => _readingPaused = value;
    }

    public bool SendingHeld
    {
        get => _sendingHeld;
        set => _sendingHeld = value;
    }

    public bool Stopping
    {
        get => _stopping;
        set => _stopping = value;
    }

    public bool MayShutdown
    {
        get => _mayShutdown;
        set => _mayShutdown = value;
    }
}
