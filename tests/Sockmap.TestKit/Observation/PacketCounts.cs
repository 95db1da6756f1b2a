namespace Sockmap.TestKit.Observation;

/// <summary>TCP segments of one port that passed an interface. On loopback each segment is counted once.</summary>
/// <param name="Segments">All segments, offloaded ones counted as one.</param>
/// <param name="SegmentsWithPayload">Those that carried bytes.</param>
/// <param name="PayloadBytesToPort">Bytes carried towards the port, resent ones too.</param>
/// <param name="PayloadBytesFromPort">Bytes carried from the port, resent ones too.</param>
/// <param name="Dropped">Segments that the kernel could not queue for us: when not 0 the other numbers are too small.</param>
public sealed record PacketCounts(long Segments, long SegmentsWithPayload, long PayloadBytesToPort, long PayloadBytesFromPort, long Dropped)
{
    public long PayloadBytes => PayloadBytesToPort + PayloadBytesFromPort;
}
