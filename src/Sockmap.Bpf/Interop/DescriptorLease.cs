using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>
/// Keeps a handle open while its descriptor is used in a system call.
/// A descriptor that bpf(2) would misread as "not given" is lent as a copy with another number.
/// </summary>
internal ref struct DescriptorLease
{
    private readonly SafeHandle? source;
    private readonly SafeBpfHandle? copy;
    private bool added;

    /// <summary>Borrows the descriptor; a null handle gives 0, "not given".</summary>
    internal DescriptorLease(SafeHandle? handle)
    {
        if (handle is null)
        {
            return;
        }

        ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
        if (handle.IsInvalid)
        {
            throw new ArgumentException("The handle holds no file descriptor.", nameof(handle));
        }

        if (handle.DangerousGetHandle() == 0)
        {
            copy = SafeBpfHandle.Duplicate(handle);
            handle = copy;
        }

        handle.DangerousAddRef(ref added);
        source = handle;
        Descriptor = (int)handle.DangerousGetHandle();
    }

    internal int Descriptor { get; }

    public void Dispose()
    {
        if (added)
        {
            added = false;
            source!.DangerousRelease();
        }

        copy?.Dispose();
    }
}
