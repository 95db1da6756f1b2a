namespace Sockmap.Entries;

/// <summary>Why a socket is not in a bypass, or why a message of one that is went over TCP.</summary>
public enum SockmapReason
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>The bypass's filters keep the socket out.</summary>
    Filtered,

    /// <summary>The socket's route leaves the host.</summary>
    Remote,

    /// <summary>The SOCKHASH is full.</summary>
    MapFull,

    /// <summary>Another socket has the key.</summary>
    KeyTaken,

    /// <summary>The socket is in another sockmap with an sk_msg program.</summary>
    Busy,

    /// <summary>The kernel did not take the socket, for another reason.</summary>
    Refused,

    /// <summary>The bypass's slot is empty.</summary>
    Paused,

    /// <summary>The other end is not in the SOCKHASH.</summary>
    NoPeer,

    /// <summary>The other end has not read all that was sent over TCP.</summary>
    Unread,

    /// <summary>A reader of the other end waits inside TCP, where a redirect would not wake him.</summary>
    Reader,

    /// <summary>The other end reads no fewer than so many bytes (SO_RCVLOWAT).</summary>
    LowWater,

    /// <summary>One of the ends has an upper layer protocol, such as kTLS.</summary>
    UpperProtocol,

    /// <summary>The socket had been shut down for sending.</summary>
    ShutDown,

    /// <summary>As many bytes wait unread in the other end as may.</summary>
    Spilled,

    /// <summary>The other end's key leads to another socket than before.</summary>
    WrongPeer,

    /// <summary>The connection was established when it was added: one message goes over TCP first.</summary>
    Kick,

    /// <summary>The socket is being taken out, or a policy says NoBypass.</summary>
    Leaving,

    /// <summary>TCP carries the stream that is sent faster, or it is being tried whether it does.</summary>
    Stream,
}
