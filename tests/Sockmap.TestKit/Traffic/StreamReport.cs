using Sockmap.Traffic.Reporting;

namespace Sockmap.TestKit.Traffic;

/// <summary>A run in which every byte was right.</summary>
public sealed record StreamReport(TrafficResult Server, TrafficResult Client)
{
    /// <summary>Bytes from clients to servers.</summary>
    public long BytesUp => Client.Connections.Sum(c => c.BytesSent);

    /// <summary>Bytes from servers to clients.</summary>
    public long BytesDown => Server.Connections.Sum(c => c.BytesSent);

    public long Messages => Client.Connections.Concat(Server.Connections).Sum(c => c.Messages);

    /// <summary>Known behaviour of sockets in a sockmap, not a fault.</summary>
    public long SpuriousEagain => Client.Connections.Concat(Server.Connections).Sum(c => c.SpuriousEagain);
}
