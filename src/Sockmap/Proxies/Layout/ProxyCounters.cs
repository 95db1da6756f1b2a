using System.Runtime.InteropServices;

namespace Sockmap.Proxies.Layout;

/// <summary>What a proxy's process counts, in a map that it maps into its memory and others read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProxyCounters
{
    public ulong State;

    // Written by whoever stops the proxy, in milliseconds and 1 more; 0: as its settings say.
    public ulong StopTimeout;
    public ulong Accepted;
    public ulong Active;
    public ulong Spliced;
    public ulong Copied;
    public ulong Failed;
    public ulong Reset;
    public ulong CopiedBytesUp;
    public ulong CopiedBytesDown;
    public ulong DroppedConnections;
    public ulong DroppedBytes;
}
