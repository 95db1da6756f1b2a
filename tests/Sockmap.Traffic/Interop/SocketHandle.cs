using System.Runtime.InteropServices;

namespace Sockmap.Traffic.Interop;

/// <summary>Owns one socket descriptor.</summary>
internal sealed class SocketHandle : SafeHandle
{
    public SocketHandle(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    public override bool IsInvalid => handle < 0;

    public int Descriptor => (int)handle;

    // A close that failed is never tried again: the descriptor may already be somebody else's.
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
