using System.Runtime.ExceptionServices;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Attaching;

/// <summary>Runs calls in another network namespace.</summary>
internal static class NetworkNamespaceThread
{
    /// <summary>
    /// Runs something on a thread of its own that has entered the namespace. Never a pool thread: it would stay there.
    /// </summary>
    internal static T Run<T>(SafeBpfHandle networkNamespace, Func<T> action)
    {
        T? value = default;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                using DescriptorLease lease = new(networkNamespace);
                int entered = Syscalls.EnterNamespace(lease.Descriptor, Constants.CLONE_NEWNET);
                value = entered switch
                {
                    >= 0 => action(),
                    -Errno.EPERM => throw new BpfException("Entering the network namespace needs CAP_SYS_ADMIN; run as root", Errno.EPERM),
                    _ => throw new BpfException("Entering the network namespace", -entered),
                };
            }
            catch (Exception exception)
            {
                // Thrown again on the caller's thread: none is lost.
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return value!;
    }
}
