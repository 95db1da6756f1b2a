using System.Net;

namespace Sockmap.Traffic.Options;

/// <summary>Everything that one traffic process is told. Both ends must be given the same stream settings (seed, bytes, sizes, pattern).</summary>
public sealed record TrafficOptions
{
    /// <summary>As a number of bytes: the stream goes on until the process reads <c>stop</c>.</summary>
    public const long UntilStopped = long.MaxValue;

    public Role Role { get; init; }

    /// <summary>Folder of the cgroup to join before any socket is made.</summary>
    public string? Cgroup { get; init; }

    /// <summary>File of the network namespace in which the sockets are made.</summary>
    public string? NetworkNamespace { get; init; }

    public IoKind Io { get; init; }

    public SocketFamily Family { get; init; }

    /// <summary>Address to listen on or to connect to (IPv4 for the mapped families); null: loopback of the family.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Server: port to listen on, 0 picks a free one. Client: port to connect to, 0 waits for the line <c>port N</c>.</summary>
    public int Port { get; init; }

    /// <summary>Client: port of its own end (then there is one connection); 0 lets the kernel pick.</summary>
    public int LocalPort { get; init; }

    public int Connections { get; init; } = 1;

    /// <summary>Bytes from client to server, for each connection.</summary>
    public long BytesUp { get; init; } = 1 << 20;

    /// <summary>Bytes from server to client, for each connection.</summary>
    public long BytesDown { get; init; } = 1 << 20;

    public WriteSizes WriteSizeUp { get; init; } = WriteSizes.Parse("4096");

    public WriteSizes WriteSizeDown { get; init; } = WriteSizes.Parse("4096");

    /// <summary>Bytes asked for by each recv.</summary>
    public int ReadSize { get; init; } = 65536;

    public TrafficPattern Pattern { get; init; }

    public ThreadKind Threads { get; init; }

    /// <summary>Server: TCP_DEFER_ACCEPT.</summary>
    public bool DeferAccept { get; init; }

    /// <summary>TCP_FASTOPEN at the listener, MSG_FASTOPEN at the client (raw sockets; see the sysctl net.ipv4.tcp_fastopen).</summary>
    public bool FastOpen { get; init; }

    /// <summary>Server: wait this long after the first connection is there before it is accepted (milliseconds).</summary>
    public int LateAcceptMs { get; init; }

    /// <summary>The readers of this process stop at this offset (bytes).</summary>
    public long? PauseReaderAt { get; init; }

    /// <summary>How long they stop (milliseconds); 0: until the line <c>resume-reading</c>.</summary>
    public int PauseMs { get; init; }

    /// <summary>This direction shuts down after its bytes; the other holds back its second half until it has seen that.</summary>
    public Direction? HalfCloseEarly { get; init; }

    /// <summary>Bytes per second, for each sender of this process; 0: no limit.</summary>
    public long Rate { get; init; }

    /// <summary>The senders of this process wait for <c>resume-sending</c> before the first byte.</summary>
    public bool HoldSending { get; init; }

    /// <summary>The senders of this process wait for <c>shutdown</c> between the last byte and shutdown(SHUT_WR).</summary>
    public bool HoldShutdown { get; init; }

    /// <summary>A direction without progress for so long is a stall (milliseconds).</summary>
    public int TimeoutMs { get; init; } = 20_000;

    public ulong Seed { get; init; } = 1;

    /// <summary>SO_SNDBUF (bytes, before the kernel doubles it); 0 leaves it.</summary>
    public int SendBuffer { get; init; }

    /// <summary>SO_RCVBUF (bytes, before the kernel doubles it); 0 leaves it.</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>A fault that the senders of this process make on purpose.</summary>
    public Sabotage? Sabotage { get; init; }

    /// <summary>End when standard input ends, so that no traffic outlives the test that made it.</summary>
    public bool ExitWithStdin { get; init; }

    /// <summary>Bytes that the direction carries under the pattern.</summary>
    public long BytesOf(Direction direction) => (direction, Pattern) switch
    {
        (Direction.Up, TrafficPattern.DownOnly) => 0,
        (Direction.Down, TrafficPattern.UpOnly) => 0,
        (Direction.Up, _) => BytesUp,
        _ => BytesDown,
    };

    public WriteSizes WriteSizeOf(Direction direction) => direction == Direction.Up ? WriteSizeUp : WriteSizeDown;
}
