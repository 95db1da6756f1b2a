using Sockmap.Bpf;
using Sockmap.Bpf.Features;
using Sockmap.Bpf.Loading;
using Sockmap.Support;

namespace Sockmap.Bypasses;

/// <summary>Turns what the kernel refused into an error that names the way out.</summary>
internal static class KernelError
{
    public static BypassException Explain(BpfException e, BypassError otherwise = BypassError.KernelRefused)
    {
        if (e.Errno == Errno.EROFS)
        {
            return new BypassException(BypassError.NoBpfFileSystem, $"{e.Message}: mount the bpffs writable (mount -o remount,rw).", e);
        }

        // Without CAP_PERFMON the verifier finds helpers and pointers wrong (EINVAL, EACCES) that it takes with it.
        bool isForbidden = e.Errno is Errno.EPERM or Errno.EACCES;
        if ((isForbidden || e is VerifierException) && Privileges.Missing(ProcessCapabilities.Read()) is { Count: > 0 } missing)
        {
            return new BypassException(
                BypassError.PermissionDenied,
                $"This process lacks {string.Join(", ", missing)}: run as root, or with {Privileges.Needed}. {e.Message}.",
                e);
        }

        return isForbidden && e is not VerifierException
            ? new BypassException(BypassError.PermissionDenied, $"{e.Message}: {WhoForbids(e.Errno)}.", e)
            : new BypassException(otherwise, e.Message, e);
    }

    /// <summary>Runs work whose refusals by the kernel are to name the way out.</summary>
    public static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (BpfException e)
        {
            throw Explain(e);
        }
        catch (BpfRelocationException e)
        {
            throw new BypassException(BypassError.KernelUnsupported, e.Message, e);
        }
    }

    private static string WhoForbids(int errno) => errno == Errno.EACCES
        ? "the folders of bypasses are their owner's alone, so run as that user (root)"
        : $"the process has {Privileges.Needed}, so that something else forbids it: a container, a security module, or whoever has the cgroup for himself (bpftool cgroup tree)";
}
