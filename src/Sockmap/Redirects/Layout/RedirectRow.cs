using System.Runtime.InteropServices;
using Sockmap.Sockets.Layout;

namespace Sockmap.Redirects.Layout;

/// <summary><c>struct redirect_row</c> of bpf/redirect.h: a socket of a redirect, and what waits in it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RedirectRow
{
    public readonly SocketRow Socket;
    private readonly uint _hasMessages;
    public readonly uint HeldBuffers;
    public readonly ulong HeldBytes;
    public readonly uint References;
    public readonly uint ReceivedBuffers;

    /// <summary>Something redirected waits in it to be read.</summary>
    public bool HasMessages => _hasMessages != 0;

    /// <summary>Nothing is in its psock's queues.</summary>
    public bool IsEmpty => _hasMessages == 0 && HeldBuffers == 0;
}
