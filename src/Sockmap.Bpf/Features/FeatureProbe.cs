namespace Sockmap.Bpf.Features;

/// <summary>The outcome of one probe.</summary>
public sealed class FeatureProbe
{
    /// <summary>The feature, as words that fit into a sentence: <c>sockmap links</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What the probe found.</summary>
    public required FeatureState State { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The positive error number that the kernel gave, or 0.</summary>
    public int Errno { get; init; }

    /// <summary>The first mainline kernel with the feature, or null when that is not known. Never used to decide.</summary>
    public Version? MinimumKernel { get; init; }
}
