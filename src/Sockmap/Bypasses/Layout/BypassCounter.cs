namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum bypass_counter</c> of bpf/bypass.h: places in the counters map's value.</summary>
internal enum BypassCounter
{
    SocketsConnected,
    SocketsAccepted,
    SocketsAdded,
    SocketsFiltered,
    SocketsRemote,
    SocketsMapFull,
    SocketsKeyTaken,
    SocketsBusy,
    SocketsRefused,
    MessagesRedirected,
    BytesRedirected,
    MessagesOverTcp,
    BytesOverTcp,
    DirectionsSwitched,
    DirectionsSpilled,
    DirectionsFellBack,
    TcpPaused,
    TcpNoPeer,
    TcpUnread,
    TcpReader,
    TcpLowWater,
    TcpUpperProtocol,
    TcpShutDown,
    TcpSpilled,
    TcpWrongPeer,
    TcpKick,
    TcpLeaving,
    MessagesRefused,
}
