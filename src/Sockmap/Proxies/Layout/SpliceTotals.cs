using System.Runtime.InteropServices;

namespace Sockmap.Proxies.Layout;

/// <summary>struct splice_totals of bpf/splice.h, of one CPU.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SpliceTotals
{
    public ulong BytesUp;
    public ulong BytesDown;
    public ulong MessagesUp;
    public ulong MessagesDown;
    public ulong RepeatedBytes;
}
