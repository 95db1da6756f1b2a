using System.Runtime.InteropServices;

namespace Sockmap.TestKit.Interop;

/// <summary>A classic BPF program (linux/filter.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct sock_fprog
{
    public ushort len;
    public sock_filter* filter;
}
