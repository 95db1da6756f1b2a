using Microsoft.Win32.SafeHandles;
using Sockmap.Interop;

namespace Sockmap.Sockets;

/// <summary>A descriptor of a socket that another process may hold too.</summary>
/// <remarks>
/// Releasing it closes this descriptor and does nothing else. That of <see cref="System.Net.Sockets.SafeSocketHandle"/> may set
/// SO_LINGER or disconnect first, which everybody who shares the socket would feel.
/// </remarks>
public sealed class SafeSocketDescriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Makes a handle that holds nothing.</summary>
    public SafeSocketDescriptor()
        : base(ownsHandle: true)
    {
    }

    internal SafeSocketDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => SocketCalls.Close((int)handle) >= 0;
}
