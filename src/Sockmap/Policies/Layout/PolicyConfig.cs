using System.Runtime.InteropServices;

namespace Sockmap.Policies.Layout;

/// <summary><c>struct policy_config</c> of bpf/policy.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PolicyConfig
{
    public uint Layout;
    public uint Number;
    public ulong CgroupId;
    public ulong CreatedAt;
}
