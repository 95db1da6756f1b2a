using System.Runtime.InteropServices;

namespace Sockmap.Redirects.Layout;

/// <summary><c>struct redirect_counters</c> of bpf/redirect.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RedirectCounters
{
    public readonly ulong RedirectedMessages;
    public readonly ulong RedirectedBytes;
    public readonly ulong RefusedMessages;
    public readonly ulong RefusedBytes;
    public readonly ulong KeptMessages;
    public readonly ulong KeptBytes;
    public readonly ulong DroppedMessages;
    public readonly ulong DroppedBytes;
}
