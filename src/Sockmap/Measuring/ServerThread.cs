namespace Sockmap.Measuring;

/// <summary>What a thread of the server works with and on.</summary>
/// <param name="message">A message; zeros.</param>
internal sealed class ServerThread(byte[] message)
{
    public byte[] Message { get; } = message;

    public byte[] Buffer { get; } = new byte[ClientThread.BufferLength];

    /// <summary>The connection that it serves; -1 where it waits for one.</summary>
    public int Socket { get; set; } = -1;

    /// <summary>Bytes sent.</summary>
    public long Sent { get; set; }

    /// <summary>What its loop allocated.</summary>
    public long Allocated { get; set; }

    /// <summary>Why it could not go on; null where it could.</summary>
    public string? Problem { get; set; }
}
