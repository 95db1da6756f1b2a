namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum bypass_counter</c> of bpf/bypass.h: places in the counters map's value.</summary>
internal enum BypassCounter
{
    SocketsInserted,
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
    TcpPaused,
    TcpNoPeer,
    TcpUnread,
    TcpReader,
    TcpLowWater,
    TcpUpperProtocol,
    TcpShutDown,
    TcpSpilled,
    TcpWrongPeer,
    TcpSticky,
    MessagesRefused,
}
