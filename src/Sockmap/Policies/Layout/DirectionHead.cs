using System.Runtime.InteropServices;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct direction_head</c> of bpf/policy.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DirectionHead
{
    public uint Action;
    public uint Counter;
    public uint Criteria;
    public uint Rules;
}
