using System.Runtime.InteropServices;

namespace Sockmap.Bypasses.Membership;

/// <summary>A descriptor as the key of a map of SK_STORAGE, held open as long as this is.</summary>
internal sealed class DescriptorKey : IDisposable
{
    private readonly SafeHandle _descriptor;
    private readonly bool _isHeld;

    public DescriptorKey(SafeHandle descriptor)
    {
        _descriptor = descriptor;
        descriptor.DangerousAddRef(ref _isHeld);
        Bytes = BitConverter.GetBytes((int)descriptor.DangerousGetHandle());
    }

    public byte[] Bytes { get; }

    public void Dispose()
    {
        if (_isHeld)
        {
            _descriptor.DangerousRelease();
        }
    }
}
