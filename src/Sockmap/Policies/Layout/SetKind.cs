namespace Sockmap.Policies.Layout;

/// <summary><c>enum set_kind</c> of bpf/policy.h.</summary>
internal enum SetKind : byte
{
    Head,
    Rule,
    All,
    RemoteAddress,
    LocalAddress,
    RemotePort,
    LocalPort,
    Uid,
    Cgroup,
}
