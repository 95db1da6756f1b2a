namespace Sockmap.Sockets;

/// <summary>A socket that a process has open. One that several processes, or several descriptors, share is listed for each.</summary>
public sealed record HeldSocket : SocketDescription
{
    internal HeldSocket(SocketDescription socket)
        : base(socket)
    {
    }

    /// <summary>The process, as this process's PID namespace numbers it.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its name (/proc/PID/comm), 15 bytes at most.</summary>
    public required string ProcessName { get; init; }

    /// <summary>Number of the descriptor in that process.</summary>
    public required int Descriptor { get; init; }
}
