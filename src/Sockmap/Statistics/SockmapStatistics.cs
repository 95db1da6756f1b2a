namespace Sockmap.Statistics;

/// <summary>
/// What a bypass has counted since it was installed: of all its sockets, or of those of a cgroup, of a port, or of both.
/// </summary>
public sealed record SockmapStatistics
{
    /// <summary>The bypass.</summary>
    public required string Bypass { get; init; }

    /// <summary>When the counters were read, local time.</summary>
    public required DateTime Time { get; init; }

    /// <summary>Path of the cgroup; null where it is gone, or the counters are not of one.</summary>
    public string? Cgroup { get; init; }

    /// <summary>Id of the cgroup; null where the counters are not of one.</summary>
    public ulong? CgroupId { get; init; }

    /// <summary>The port that was listened on, host order; null where the counters are not of one.</summary>
    public int? Port { get; init; }

    /// <summary>Sockets that are in the bypass now; null where the counters are not of the whole bypass.</summary>
    public int? Entries { get; init; }

    /// <summary>Connections whose connecting end was taken in.</summary>
    public ulong Connections => SocketsConnected;

    /// <summary>Sockets taken in at the end that connected.</summary>
    public ulong SocketsConnected { get; init; }

    /// <summary>Sockets taken in at the end that accepted.</summary>
    public ulong SocketsAccepted { get; init; }

    /// <summary>Sockets taken in later, when they were established already.</summary>
    public ulong SocketsAdded { get; init; }

    /// <summary>Sockets that left by themselves, since TCP carries better what they send.</summary>
    public ulong SocketsLeft { get; init; }

    /// <summary>Sockets that the filters kept out. Those that were kept out are counted for the whole bypass only.</summary>
    public ulong SocketsFiltered { get; init; }

    /// <summary>Sockets kept out since their route leaves the host.</summary>
    public ulong SocketsRemote { get; init; }

    /// <summary>Sockets that found the SOCKHASH full.</summary>
    public ulong SocketsMapFull { get; init; }

    /// <summary>Sockets whose key another socket had.</summary>
    public ulong SocketsKeyTaken { get; init; }

    /// <summary>Sockets that were in another sockmap with an sk_msg program.</summary>
    public ulong SocketsBusy { get; init; }

    /// <summary>Sockets that the kernel did not take for another reason.</summary>
    public ulong SocketsRefused { get; init; }

    /// <summary>Messages that skipped TCP.</summary>
    public ulong MessagesRedirected { get; init; }

    /// <summary>Bytes that skipped TCP.</summary>
    public ulong BytesRedirected { get; init; }

    /// <summary>Messages that sockets in the bypass sent over TCP.</summary>
    public ulong MessagesOverTcp { get; init; }

    /// <summary>Bytes that sockets in the bypass sent over TCP.</summary>
    public ulong BytesOverTcp { get; init; }

    /// <summary>Times that a direction went from TCP to redirected.</summary>
    public ulong DirectionsSwitched { get; init; }

    /// <summary>Times that a direction went from redirected to TCP since too much waited unread.</summary>
    public ulong DirectionsSpilled { get; init; }

    /// <summary>Times that a direction went from redirected to TCP for another reason.</summary>
    public ulong DirectionsFellBack { get; init; }

    /// <summary>Messages over TCP since the bypass's slot was empty.</summary>
    public ulong TcpPaused { get; init; }

    /// <summary>Messages over TCP since the other end was not in the SOCKHASH.</summary>
    public ulong TcpNoPeer { get; init; }

    /// <summary>Messages over TCP since the other end had not read all that TCP had brought.</summary>
    public ulong TcpUnread { get; init; }

    /// <summary>Messages over TCP since a reader of the other end waited inside TCP.</summary>
    public ulong TcpReader { get; init; }

    /// <summary>Messages over TCP since the other end reads no fewer than so many bytes (SO_RCVLOWAT).</summary>
    public ulong TcpLowWater { get; init; }

    /// <summary>Messages over TCP since one of the ends has an upper layer protocol, such as kTLS.</summary>
    public ulong TcpUpperProtocol { get; init; }

    /// <summary>Messages left to TCP since the socket was shut down for sending; TCP answers them with EPIPE, and they are in no other count.</summary>
    public ulong TcpShutDown { get; init; }

    /// <summary>Messages over TCP since as many bytes waited unread in the other end as may.</summary>
    public ulong TcpSpilled { get; init; }

    /// <summary>Messages over TCP since the other end's key led to another socket than before.</summary>
    public ulong TcpWrongPeer { get; init; }

    /// <summary>Messages over TCP since the connection was established when it was added, and one has to.</summary>
    public ulong TcpKick { get; init; }

    /// <summary>Messages over TCP since the socket was being taken out.</summary>
    public ulong TcpLeaving { get; init; }

    /// <summary>Messages over TCP since it carries the stream that they are a part of faster, or to find out whether it does.</summary>
    public ulong TcpStream { get; init; }

    /// <summary>Messages refused with EACCES, by a forced removal.</summary>
    public ulong MessagesRefused { get; init; }

    /// <summary>The time that the rates are over; null in a first sample, which has none.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Connections a second; null in a first sample.</summary>
    public double? ConnectionsPerSecond { get; init; }

    /// <summary>Messages a second that skipped TCP; null in a first sample.</summary>
    public double? MessagesRedirectedPerSecond { get; init; }

    /// <summary>Bytes a second that skipped TCP; null in a first sample.</summary>
    public double? BytesRedirectedPerSecond { get; init; }

    /// <summary>Messages a second over TCP; null in a first sample.</summary>
    public double? MessagesOverTcpPerSecond { get; init; }

    /// <summary>Bytes a second over TCP; null in a first sample.</summary>
    public double? BytesOverTcpPerSecond { get; init; }

    /// <summary>Switches from TCP to redirected a second; null in a first sample.</summary>
    public double? DirectionsSwitchedPerSecond { get; init; }

    /// <summary>Spills a second; null in a first sample.</summary>
    public double? DirectionsSpilledPerSecond { get; init; }

    /// <summary>Falls back to TCP a second; null in a first sample.</summary>
    public double? DirectionsFellBackPerSecond { get; init; }

    /// <summary>The kernel map that was read: another one begins anew.</summary>
    internal uint Source { get; init; }

    /// <summary>When it was read, on a clock that nobody sets.</summary>
    internal long Timestamp { get; init; }
}
