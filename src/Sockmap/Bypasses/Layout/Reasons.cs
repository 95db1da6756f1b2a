using Sockmap.Entries;

namespace Sockmap.Bypasses.Layout;

/// <summary>Which counters are reasons: the programs name a reason by its counter.</summary>
internal static class Reasons
{
    public static SockmapReason Of(BypassCounter counter) => counter switch
    {
        BypassCounter.SocketsFiltered => SockmapReason.Filtered,
        BypassCounter.SocketsRemote => SockmapReason.Remote,
        BypassCounter.SocketsMapFull => SockmapReason.MapFull,
        BypassCounter.SocketsKeyTaken => SockmapReason.KeyTaken,
        BypassCounter.SocketsBusy => SockmapReason.Busy,
        BypassCounter.SocketsRefused => SockmapReason.Refused,
        BypassCounter.TcpPaused => SockmapReason.Paused,
        BypassCounter.TcpNoPeer => SockmapReason.NoPeer,
        BypassCounter.TcpUnread => SockmapReason.Unread,
        BypassCounter.TcpReader => SockmapReason.Reader,
        BypassCounter.TcpLowWater => SockmapReason.LowWater,
        BypassCounter.TcpUpperProtocol => SockmapReason.UpperProtocol,
        BypassCounter.TcpShutDown => SockmapReason.ShutDown,
        BypassCounter.TcpSpilled => SockmapReason.Spilled,
        BypassCounter.TcpWrongPeer => SockmapReason.WrongPeer,
        BypassCounter.TcpKick => SockmapReason.Kick,
        BypassCounter.TcpLeaving => SockmapReason.Leaving,
        BypassCounter.TcpStream => SockmapReason.Stream,
        _ => SockmapReason.None,
    };
}
