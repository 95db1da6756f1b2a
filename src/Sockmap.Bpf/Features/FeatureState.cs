namespace Sockmap.Bpf.Features;

/// <summary>What a probe found.</summary>
public enum FeatureState
{
    /// <summary>The kernel neither did it nor said that it cannot: most often the process lacks a capability.</summary>
    Unknown,

    /// <summary>It was tried and worked.</summary>
    Supported,

    /// <summary>It was tried, and the kernel's answer shows that it has no such thing.</summary>
    Unsupported,
}
