namespace Sockmap.Measuring;

/// <summary>What the parent asks a process that measures.</summary>
internal sealed record MeasureRequest
{
    /// <summary>What to do.</summary>
    public required MeasureStep Step { get; init; }

    /// <summary>The way it is for; several are open at a time.</summary>
    public MeasurementArm Arm { get; init; }

    /// <summary>Open: what is measured.</summary>
    public MeasurementKind Kind { get; init; }

    /// <summary>Open: folder of the cgroup to do it in.</summary>
    public string Cgroup { get; init; } = string.Empty;

    /// <summary>Open, client: struct sockaddr of the server in hexadecimal.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>Open: bytes of a message.</summary>
    public int MessageSize { get; init; }

    /// <summary>Open: connections at the same time.</summary>
    public int Connections { get; init; }

    /// <summary>Open: the CPU to run on.</summary>
    public int Cpu { get; init; }

    /// <summary>Round: how long.</summary>
    public double Seconds { get; init; }
}
