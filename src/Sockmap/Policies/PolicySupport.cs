using Sockmap.Bpf.Btf;
using Sockmap.Bypasses;

namespace Sockmap.Policies;

/// <summary>
/// Where policies are refused although their programs load: Linux 6.1 locked up under tests/kernels (two CPUs in the kernel
/// for good), 6.12 and 6.18 never did.
/// </summary>
internal static class PolicySupport
{
    /// <summary>What to do where there is an obstacle.</summary>
    public const string Remedy = "Use a newer kernel for New-SockmapPolicy (6.12 has been tried); a bypass works without.";

    /// <summary>A kernel function of 6.2, by which a kernel is told that is newer than the one that locks up.</summary>
    private const string Sign = "bpf_rdonly_cast";

    /// <exception cref="BypassException">This kernel is none for policies (KernelUnsupported).</exception>
    public static void Require()
    {
        if (FindObstacle() is { } obstacle)
        {
            throw new BypassException(BypassError.KernelUnsupported, $"{obstacle} {Remedy}");
        }
    }

    /// <summary>Why there can be no policy here, in one sentence; null where there can.</summary>
    public static string? FindObstacle() => !File.Exists(BtfSpec.KernelPath) || BtfSpec.LoadKernel().TryFind(Sign, BtfKind.Function, out _)
        ? null
        : $"This kernel lacks {Sign}, as Linux 6.1 does, which policies have locked up.";
}
