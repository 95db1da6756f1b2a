using System.Runtime.InteropServices;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct set_head</c> of bpf/policy.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SetHead
{
    public DirectionHead Egress;
    public DirectionHead Ingress;
    public uint Disabled;
    public uint Rules;
    public uint NextId;
    public uint Reserved;
}
