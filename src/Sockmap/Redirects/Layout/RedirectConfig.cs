using System.Runtime.InteropServices;

namespace Sockmap.Redirects.Layout;

/// <summary><c>struct redirect_config</c> of bpf/redirect.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RedirectConfig
{
    /// <summary>REDIRECT_LAYOUT: what this version reads and writes.</summary>
    public const uint CurrentLayout = 2;

    public uint Layout;
    public SockmapRedirectMode Mode;
    public ulong QueueLimit;
    public ulong CreatedAt;
    public ulong SourceCookie;
    public RedirectOptions Options;
    private readonly uint _reserved;
}
