using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>setns(2): this thread enters a namespace.</summary>
    internal static int EnterNamespace(int descriptor, int kind) => Result(SetnsNative(descriptor, kind));

    [LibraryImport(Libc, EntryPoint = "setns", SetLastError = true)]
    private static partial int SetnsNative(int descriptor, int kind);
}
