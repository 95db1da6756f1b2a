using System.Runtime.InteropServices;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct rule_head</c> of bpf/policy.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RuleHead
{
    public uint Id;
    public uint Action;
    public uint Counter;
    public uint Length;
    public uint Personal;
    public uint Reserved;
}
