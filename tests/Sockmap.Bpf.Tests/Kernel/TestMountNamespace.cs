using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;
using Sockmap.TestKit.Placement;

namespace Sockmap.Bpf.Tests.Kernel;

/// <summary>Runs something on a thread with mounts of its own, which go with the thread.</summary>
internal static partial class TestMountNamespace
{
    private const int CLONE_NEWNS = 0x20000;
    private const ulong MS_REC_PRIVATE = 0x4000 | 0x40000;

    public static void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        string? link = null;
        Thread thread = new(() =>
        {
            try
            {
                Assert.Equal(0, Unshare(CLONE_NEWNS));
                link = new FileInfo("/proc/thread-self/ns/mnt").LinkTarget;
                Assert.Equal(0, Syscalls.Mount("none", "/", "none", MS_REC_PRIVATE, null));
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        NamespaceThreads.ThrowWhereSomeStay(link!);
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}
