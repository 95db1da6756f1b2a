namespace Sockmap.Sockets.Layout;

/// <summary><c>enum holder_options</c> of bpf/sockets.bpf.c.</summary>
[Flags]
internal enum HolderOptions : uint
{
    None = 0,
    AnyProtocol = 1,
    PsockOnly = 2,
}
