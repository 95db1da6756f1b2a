using Sockmap.Bpf;

namespace Sockmap.Bypasses;

/// <summary>Turns what the kernel refused into an error that names the way out.</summary>
internal static class KernelError
{
    private const string Privileges =
        "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (and CAP_SYS_ADMIN to mount bpffs)";

    public static BypassException Explain(BpfException e, BypassError otherwise = BypassError.KernelRefused) =>
        e.Errno is Errno.EPERM or Errno.EACCES && e is not VerifierException
            ? new BypassException(BypassError.PermissionDenied, $"{e.Message}: {Privileges}.", e)
            : new BypassException(otherwise, e.Message, e);
}
