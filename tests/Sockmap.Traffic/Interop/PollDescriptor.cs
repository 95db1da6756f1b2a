using System.Runtime.InteropServices;

namespace Sockmap.Traffic.Interop;

/// <summary>struct pollfd (the compiler does not take the kernel's lower-case name).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public int fd;
    public short events;
    public short revents;
}
