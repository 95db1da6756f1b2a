namespace Sockmap.Traffic.Sockets;

/// <summary>A listening socket.</summary>
internal abstract class StreamListener : IDisposable
{
    public abstract int Port { get; }

    /// <summary>True when a connection can be accepted within the time (milliseconds).</summary>
    public abstract bool Poll(int timeoutMs);

    public abstract StreamSocket Accept();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
