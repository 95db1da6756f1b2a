namespace Sockmap.Events;

/// <summary>What happened to a socket; numbers as in <c>enum event_kind</c> of bpf/bypass.h.</summary>
public enum SockmapEventKind
{
    /// <summary>A connection was made in the bypass's cgroup. The reason tells why it stays on TCP, if it does.</summary>
    Established = 1,

    /// <summary>The socket came into the bypass.</summary>
    Joined = 2,

    /// <summary>What it sends skips TCP from here on.</summary>
    Switched = 3,

    /// <summary>What it sends goes over TCP, as too much waits unread in the other end.</summary>
    Spilled = 4,

    /// <summary>What it sends goes over TCP again, for another reason.</summary>
    FellBack = 5,

    /// <summary>The connection ended; the totals are final.</summary>
    Closed = 6,

    /// <summary>The socket was to come in and did not; the reason tells why.</summary>
    Failed = 7,

    /// <summary>The socket was taken out; the connection goes on over TCP.</summary>
    Left = 8,

    /// <summary>Events found no room, since the watcher did not keep up.</summary>
    Lost = 9,
}
