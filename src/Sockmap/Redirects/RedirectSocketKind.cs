namespace Sockmap.Redirects;

/// <summary>What kinds of sockets the kernel tells apart when it redirects. IPv4 and IPv6 are alike to it.</summary>
public enum RedirectSocketKind
{
    /// <summary>None of the others, such as MPTCP, SCTP or a raw socket.</summary>
    Other = 0,

    /// <summary>TCP over IPv4 or IPv6.</summary>
    Tcp = 1,

    /// <summary>UDP over IPv4 or IPv6.</summary>
    Udp = 2,

    /// <summary>A UNIX stream socket.</summary>
    UnixStream = 3,

    /// <summary>A UNIX datagram socket.</summary>
    UnixDatagram = 4,

    /// <summary>A UNIX socket of type SOCK_SEQPACKET.</summary>
    UnixSequencedPacket = 5,

    /// <summary>A VSOCK stream socket.</summary>
    VsockStream = 6,

    /// <summary>A VSOCK socket of type SOCK_SEQPACKET.</summary>
    VsockSequencedPacket = 7,
}
