using System.Net;

namespace Sockmap.Traffic.Sockets;

/// <summary>One end of a TCP connection, however its bytes are moved.</summary>
internal abstract class StreamSocket : IDisposable
{
    /// <summary>What Send and Receive give when asked not to wait and nothing could be moved.</summary>
    public const int WouldBlock = -1;

    private long _spuriousEagain;

    public abstract IPEndPoint Local { get; }

    public abstract IPEndPoint Remote { get; }

    /// <summary>True when the kernel confirmed that data went with the SYN.</summary>
    public virtual bool SentWithSyn => false;

    /// <summary>How often a call that must wait, or was told by poll that it need not, gave EAGAIN all the same.</summary>
    public long SpuriousEagain => Interlocked.Read(ref _spuriousEagain);

    /// <summary>Sends some of the bytes and gives their number.</summary>
    public abstract int Send(ReadOnlyMemory<byte> bytes, bool dontWait);

    /// <summary>Receives into the buffer and gives the number of bytes, 0 at the end of the stream.</summary>
    public abstract int Receive(Memory<byte> buffer, bool dontWait);

    public abstract void ShutdownWrite();

    /// <summary>Waits for poll(2) events; false when the time is up (milliseconds).</summary>
    public abstract bool Poll(bool forRead, bool forWrite, int timeoutMs);

    public void CountSpuriousEagain() => Interlocked.Increment(ref _spuriousEagain);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
