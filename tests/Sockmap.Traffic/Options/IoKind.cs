namespace Sockmap.Traffic.Options;

/// <summary>How bytes are moved: blocking libc calls, non-blocking libc calls behind poll(2), or System.Net.Sockets async (edge-triggered epoll).</summary>
public enum IoKind
{
    Blocking,
    Poll,
    Dotnet,
}
