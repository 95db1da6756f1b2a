using System.Runtime.InteropServices;

namespace Sockmap.Interop;

internal static unsafe partial class SocketCalls
{
    /// <summary>fcntl(2) with F_DUPFD_CLOEXEC: a copy of one of this process's descriptors.</summary>
    internal static int DuplicateDescriptor(int descriptor) => Result(FcntlNative(descriptor, SocketConstants.F_DUPFD_CLOEXEC, 0));

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNative(int descriptor, int command, int argument);
}
