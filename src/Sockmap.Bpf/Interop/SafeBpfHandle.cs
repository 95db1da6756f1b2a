using System.Runtime.InteropServices;

namespace Sockmap.Bpf.Interop;

/// <summary>
/// A file descriptor that belongs to a kernel object (program, map, link, BTF, iterator, directory).
/// It is closed on exec and, when made by this library, never 0 to 2: bpf(2) takes 0 for "not given".
/// </summary>
public sealed class SafeBpfHandle : SafeHandle
{
    private const int LowestDescriptor = 3;

    /// <summary>Makes a handle that holds nothing.</summary>
    public SafeBpfHandle()
        : base(-1, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Takes a descriptor over, moving it to 3 or above when it is lower.</summary>
    /// <exception cref="BpfException">The descriptor was low and could not be moved; it is closed then.</exception>
    internal static SafeBpfHandle Adopt(int fd)
    {
        SafeBpfHandle result = new();
        result.SetHandle(fd);
        if (fd >= LowestDescriptor)
        {
            return result;
        }

        using (result)
        {
            return Duplicate(result);
        }
    }

    /// <summary>A second descriptor, 3 or above and closed on exec, of the same open file.</summary>
    internal static SafeBpfHandle Duplicate(SafeHandle source)
    {
        bool added = false;
        try
        {
            source.DangerousAddRef(ref added);
            int copy = Syscalls.DuplicateDescriptor((int)source.DangerousGetHandle(), LowestDescriptor);
            if (copy < 0)
            {
                throw new BpfException($"Duplicating file descriptor {source.DangerousGetHandle()}", -copy);
            }

            SafeBpfHandle result = new();
            result.SetHandle(copy);
            return result;
        }
        finally
        {
            if (added)
            {
                source.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Syscalls.Close((int)handle) >= 0;
}
