using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Layout;

/// <summary><c>struct bypass_config</c> of bpf/bypass.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BypassConfig
{
    /// <summary>BYPASS_LAYOUT: what this version reads and writes.</summary>
    public const uint CurrentLayout = 5;

    public uint Layout;
    public BypassOptions Options;
    public uint Variant;
    public uint QueueLimit;
    public ulong CgroupId;
    public ulong WokenWakeFunction;
    public ulong InstalledAt;
}
