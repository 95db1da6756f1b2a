using System.Runtime.InteropServices;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct rule_counters</c> of bpf/policy.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RuleCounters
{
    public ulong Messages;
    public ulong Bytes;
}
