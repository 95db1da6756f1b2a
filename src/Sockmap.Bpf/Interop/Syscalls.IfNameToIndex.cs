using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    /// <summary>if_nametoindex(3): the index of an interface of this thread's network namespace, or the negative error number.</summary>
    internal static int InterfaceIndex(string name)
    {
        // The index is unsigned in C; the kernel's are positive ints (dev_index_reserve in net/core/dev.c). 0 is the error.
        uint index = IfNameToIndexNative(name);
        return index == 0 ? -Marshal.GetLastPInvokeError() : (int)index;
    }

    [LibraryImport(Libc, EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint IfNameToIndexNative(string name);
}
