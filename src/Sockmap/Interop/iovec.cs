using System.Runtime.InteropServices;

namespace Sockmap.Interop;

/// <summary>struct iovec of include/uapi/linux/uio.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct @iovec
{
    internal void* iov_base;
    internal nuint iov_len;
}
