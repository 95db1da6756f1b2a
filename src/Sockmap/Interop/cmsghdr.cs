using System.Runtime.InteropServices;

namespace Sockmap.Interop;

/// <summary>struct cmsghdr of include/linux/socket.h on 64-bit machines; its data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct @cmsghdr
{
    internal nuint cmsg_len;
    internal int cmsg_level;
    internal int cmsg_type;
}
