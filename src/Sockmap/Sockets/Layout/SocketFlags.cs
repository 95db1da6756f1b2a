namespace Sockmap.Sockets.Layout;

/// <summary><c>enum socket_flags</c> of bpf/sockets.bpf.c.</summary>
[Flags]
internal enum SocketFlags : byte
{
    None = 0,
    Psock = 1,
    UpperProtocol = 2,
    Addresses = 4,
}
