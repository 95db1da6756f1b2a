namespace Sockmap.Measuring;

/// <summary>What a thread of the server works with and on.</summary>
/// <param name="message">A message; zeros.</param>
internal sealed class ServerThread(byte[] message)
{
    private long _allocatedBefore = -1;

    public byte[] Message { get; } = message;

    public byte[] Buffer { get; } = new byte[ClientThread.BufferLength];

    /// <summary>The connection that it serves; -1 where it waits for one.</summary>
    public int Socket { get; set; } = -1;

    /// <summary>Bytes sent.</summary>
    public long Sent { get; set; }

    /// <summary>What its loop allocated after the first message, with which the runtime binds the system calls.</summary>
    public long Allocated { get; private set; }

    /// <summary>Why it could not go on; null where it could.</summary>
    public string? Problem { get; set; }

    /// <summary>A message is done, or the connection of one.</summary>
    public void CountMessage()
    {
        if (_allocatedBefore < 0)
        {
            _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    /// <summary>A connection is done.</summary>
    public void Finish() => Allocated = _allocatedBefore < 0 ? 0 : GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;
}
