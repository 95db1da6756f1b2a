namespace Sockmap.Redirects.Layout;

/// <summary><c>enum redirect_option</c> of bpf/redirect.h.</summary>
[Flags]
internal enum RedirectOptions : uint
{
    None = 0,
    MayDrop = 1,
    HoldsSender = 2,
}
