namespace Sockmap.Measuring;

/// <summary>One of the ways that are compared.</summary>
public enum MeasurementArm
{
    /// <summary>Plain TCP over loopback, which everything is compared with.</summary>
    Tcp,

    /// <summary>TCP with a bypass of ours.</summary>
    Bypass,

    /// <summary>A UNIX stream socket: what no bypass of TCP is expected to beat.</summary>
    Unix,

    /// <summary>TCP with the programs of another object file.</summary>
#pragma warning disable CA1720 // A BPF object is what it is, and no C# type is meant.
    Object,
#pragma warning restore CA1720

    /// <summary>TCP beside a bypass of ours, whose filters keep the connections out.</summary>
    Beside,
}
