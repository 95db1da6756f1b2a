namespace Sockmap.Bpf;

/// <summary>The running kernel lacks a feature.</summary>
public sealed class UnsupportedFeatureException : BpfException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="feature">The feature, as words that fit into a sentence ("sockmap links").</param>
    /// <param name="minimumKernel">The first kernel that has it, such as <c>6.10</c>, or null when that is not known.</param>
    /// <param name="operation">What was being done.</param>
    /// <param name="errno">The error number the kernel gave.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public UnsupportedFeatureException(string feature, Version? minimumKernel, string operation, int errno, Exception? innerException = null)
        : base(CreateMessage(feature, minimumKernel, operation, errno), operation, errno, innerException)
    {
        Feature = feature;
        MinimumKernel = minimumKernel;
    }

    /// <summary>The feature that is missing.</summary>
    public string Feature { get; }

    /// <summary>The first mainline kernel that has the feature, or null when that is not known. Distributions carry features back.</summary>
    public Version? MinimumKernel { get; }

    private static string CreateMessage(string feature, Version? minimumKernel, string operation, int errno)
    {
        string needs = minimumKernel is null ? "" : $" (Linux {minimumKernel} or later has it)";
        string code = errno == 0 ? "" : $": {Bpf.Errno.Describe(errno)}";
        return $"{operation}: this kernel does not support {feature}{needs}{code}";
    }
}
