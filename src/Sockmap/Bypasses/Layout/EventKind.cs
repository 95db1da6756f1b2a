namespace Sockmap.Bypasses.Layout;

/// <summary><c>enum event_kind</c> of bpf/bypass.h.</summary>
internal enum EventKind : uint
{
    None,
    Established,
    Joined,
    Switched,
    Spilled,
    FellBack,
    Closed,
    Failed,
    Left,
}
