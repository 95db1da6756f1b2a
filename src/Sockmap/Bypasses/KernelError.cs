using Sockmap.Bpf;
using Sockmap.Bpf.Features;
using Sockmap.Support;

namespace Sockmap.Bypasses;

/// <summary>Turns what the kernel refused into an error that names the way out.</summary>
internal static class KernelError
{
    public static BypassException Explain(BpfException e, BypassError otherwise = BypassError.KernelRefused)
    {
        switch (e.Errno)
        {
            case Errno.EROFS:
                return new BypassException(BypassError.NoBpfFileSystem, $"{e.Message}: mount the bpffs writable (mount -o remount,rw).", e);
            case Errno.EPERM or Errno.EACCES:
                IReadOnlyList<string> missing = Privileges.Missing(ProcessCapabilities.Read());
                if (missing.Count > 0)
                {
                    return new BypassException(
                        BypassError.PermissionDenied,
                        $"{e.Message}: run as root, or with {Privileges.Needed}; this process lacks {string.Join(" and ", missing)}.",
                        e);
                }

                // The verifier's EACCES is about the program.
                return e is VerifierException
                    ? new BypassException(otherwise, e.Message, e)
                    : new BypassException(BypassError.PermissionDenied, $"{e.Message}: {WhoForbids(e.Errno)}.", e);
            default:
                return new BypassException(otherwise, e.Message, e);
        }
    }

    private static string WhoForbids(int errno) => errno == Errno.EACCES
        ? "the folders of bypasses are their owner's alone, so run as that user (root)"
        : $"the process has {Privileges.Needed}, so that something else forbids it: a container, a security module, or whoever has the cgroup for himself (bpftool cgroup tree)";
}
