namespace Sockmap.Entries;

/// <summary>State of a TCP socket; numbers as in include/net/tcp_states.h.</summary>
public enum SocketState
{
    /// <summary>Not read.</summary>
    Unknown = 0,

    /// <summary>ESTABLISHED.</summary>
    Established = 1,

    /// <summary>SYN_SENT.</summary>
    SynSent = 2,

    /// <summary>SYN_RECV.</summary>
    SynReceived = 3,

    /// <summary>FIN_WAIT1.</summary>
    FinWait1 = 4,

    /// <summary>FIN_WAIT2.</summary>
    FinWait2 = 5,

    /// <summary>TIME_WAIT.</summary>
    TimeWait = 6,

    /// <summary>CLOSE.</summary>
    Close = 7,

    /// <summary>CLOSE_WAIT.</summary>
    CloseWait = 8,

    /// <summary>LAST_ACK.</summary>
    LastAck = 9,

    /// <summary>LISTEN.</summary>
    Listen = 10,

    /// <summary>CLOSING.</summary>
    Closing = 11,
}
