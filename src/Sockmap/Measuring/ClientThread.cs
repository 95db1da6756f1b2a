namespace Sockmap.Measuring;

/// <summary>What a thread of the client works with and on: all of it is there before a round begins.</summary>
/// <param name="message">A message; zeros.</param>
/// <param name="lastMessage">A message whose last byte is another one.</param>
/// <param name="isTcp">The sockets are TCP's.</param>
internal sealed class ClientThread(byte[] message, byte[] lastMessage, bool isTcp)
{
    /// <summary>The most that is read at once.</summary>
    public const int BufferLength = 256 << 10;

    public byte[] Message { get; } = message;

    public byte[] LastMessage { get; } = lastMessage;

    public bool IsTcp { get; } = isTcp;

    public byte[] Buffer { get; } = new byte[BufferLength];

    public LatencyHistogram Histogram { get; } = new();

    /// <summary>When the last round began, by <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Began { get; private set; }

    /// <summary>When it ended.</summary>
    public long Ended { get; private set; }

    /// <summary>Round trips, bytes or connections of it.</summary>
    public long Units { get; private set; }

    /// <summary>What its loop allocated.</summary>
    public long Allocated { get; private set; }

    /// <summary>Bytes sent in all rounds; of connections that were closed, those that were looked at.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes of closed connections that TCP has sent, where they were looked at.</summary>
    public long ClosedOverTcp { get; private set; }

    /// <summary>Why it could not go on; null where it could.</summary>
    public string? Problem { get; set; }

    /// <summary>The end of a round.</summary>
    public void Finish(long began, long ended, long units, long sent, long allocatedBefore)
    {
        Allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        Began = began;
        Ended = ended;
        Units = units;
        Sent += sent;
    }

    /// <summary>Looks at a connection that is about to be closed.</summary>
    public void CountOverTcp(int socket) => ClosedOverTcp += IsTcp ? MeasuredSocket.BytesSentOverTcp(socket) : 0;
}
