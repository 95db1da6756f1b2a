using System.Runtime.InteropServices;

namespace Sockmap.Interop;

/// <summary>struct msghdr of the C library on 64-bit machines (the kernel's struct user_msghdr).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct @msghdr
{
    internal void* msg_name;
    internal uint msg_namelen;
    internal iovec* msg_iov;
    internal nuint msg_iovlen;
    internal void* msg_control;
    internal nuint msg_controllen;
    internal int msg_flags;
}
