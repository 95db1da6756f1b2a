using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>socket(2); SOCK_CLOEXEC is added.</summary>
    internal static int Socket(int domain, int type, int protocol) => Result(SocketNative(domain, type | Constants.SOCK_CLOEXEC, protocol));

    [LibraryImport(Libc, EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketNative(int domain, int type, int protocol);
}
