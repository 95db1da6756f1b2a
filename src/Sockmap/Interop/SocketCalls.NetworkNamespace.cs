using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>ioctl(2) SIOCGSKNS: a descriptor of a socket's network namespace. Needs CAP_NET_ADMIN there.</summary>
    internal static int OpenNetworkNamespace(SafeHandle socket) => Result(IoctlNative(socket, SocketConstants.SIOCGSKNS, 0));

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlNative(SafeHandle socket, nuint request, nint argument);
}
