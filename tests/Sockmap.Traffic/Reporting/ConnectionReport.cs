namespace Sockmap.Traffic.Reporting;

/// <summary>How far one connection is, seen from this end.</summary>
public sealed record ConnectionReport
{
    /// <summary>Port of the client end, by which both processes know the connection.</summary>
    public int ClientPort { get; init; }

    public required string LocalAddress { get; init; }

    public int LocalPort { get; init; }

    public required string RemoteAddress { get; init; }

    public int RemotePort { get; init; }

    public long BytesSent { get; init; }

    public long BytesReceived { get; init; }

    /// <summary>Whole writes sent.</summary>
    public long Messages { get; init; }

    /// <summary>recv calls that brought bytes.</summary>
    public long Receives { get; init; }

    public int SmallestReceive { get; init; }

    public int LargestReceive { get; init; }

    /// <summary>EAGAIN where there should be none: from a blocking call, or right after poll said POLLIN.</summary>
    public long SpuriousEagain { get; init; }

    /// <summary>shutdown(SHUT_WR) is done.</summary>
    public bool SendFinished { get; init; }

    /// <summary>The end of the other's stream was seen.</summary>
    public bool ReceiveFinished { get; init; }

    /// <summary>The kernel confirmed data in the SYN (client with fast open).</summary>
    public bool SentWithSyn { get; init; }
}
