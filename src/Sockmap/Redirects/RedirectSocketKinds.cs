using Sockmap.Interop;

namespace Sockmap.Redirects;

/// <summary>Tells kinds of sockets by the kernel's numbers, and names them for people.</summary>
internal static class RedirectSocketKinds
{
    private const int Stream = 1;
    private const int Datagram = 2;
    private const int SequencedPacket = 5;
    private const int ProtocolTcp = 6;
    private const int ProtocolUdp = 17;

    /// <param name="family">AF_*.</param>
    /// <param name="type">SOCK_*.</param>
    /// <param name="protocol">IPPROTO_*; matters for IP only.</param>
    public static RedirectSocketKind Of(int family, int type, int protocol) => (family, type) switch
    {
        (SocketConstants.AF_INET or SocketConstants.AF_INET6, Stream) when protocol == ProtocolTcp => RedirectSocketKind.Tcp,
        (SocketConstants.AF_INET or SocketConstants.AF_INET6, Datagram) when protocol == ProtocolUdp => RedirectSocketKind.Udp,
        (SocketConstants.AF_UNIX, Stream) => RedirectSocketKind.UnixStream,
        (SocketConstants.AF_UNIX, Datagram) => RedirectSocketKind.UnixDatagram,
        (SocketConstants.AF_UNIX, SequencedPacket) => RedirectSocketKind.UnixSequencedPacket,
        (SocketConstants.AF_VSOCK, Stream) => RedirectSocketKind.VsockStream,
        (SocketConstants.AF_VSOCK, SequencedPacket) => RedirectSocketKind.VsockSequencedPacket,
        _ => RedirectSocketKind.Other,
    };

    public static string Name(RedirectSocketKind kind) => kind switch
    {
        RedirectSocketKind.Tcp => "TCP",
        RedirectSocketKind.Udp => "UDP",
        RedirectSocketKind.UnixStream => "UNIX stream",
        RedirectSocketKind.UnixDatagram => "UNIX datagram",
        RedirectSocketKind.UnixSequencedPacket => "UNIX seqpacket",
        RedirectSocketKind.VsockStream => "VSOCK stream",
        RedirectSocketKind.VsockSequencedPacket => "VSOCK seqpacket",
        _ => "other",
    };

    public static bool IsVsock(this RedirectSocketKind kind) => kind is RedirectSocketKind.VsockStream or RedirectSocketKind.VsockSequencedPacket;
}
