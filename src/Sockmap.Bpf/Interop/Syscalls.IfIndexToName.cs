using System.Runtime.InteropServices;
using System.Text;

namespace Sockmap.Bpf.Interop;

internal static unsafe partial class Syscalls
{
    private const int InterfaceNameSize = 16;

    /// <summary>if_indextoname(3): the name of an interface of this thread's network namespace, or null.</summary>
    internal static string? InterfaceName(uint index)
    {
        Span<byte> name = stackalloc byte[InterfaceNameSize];
        fixed (byte* pointer = name)
        {
            if (IfIndexToNameNative(index, pointer) == 0)
            {
                return null;
            }
        }

        int end = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
    }

    [LibraryImport(Libc, EntryPoint = "if_indextoname")]
    private static partial nint IfIndexToNameNative(uint index, byte* name);
}
