using System.Runtime.CompilerServices;
using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Maps;

/// <summary>
/// The values of an array map (BPF_F_MMAPABLE, 5.5) in this process's memory: what programs write is seen without a system
/// call, and they see what is written here. The map may be disposed of before this.
/// </summary>
/// <typeparam name="T">A value; of the map's size, which must be a multiple of 8 (the kernel rounds up to it).</typeparam>
public sealed unsafe class MappedArray<T> : IDisposable
    where T : unmanaged
{
    private readonly nuint _size;
    private nint _address;

    /// <summary>Maps the map into memory, for reading and writing.</summary>
    /// <exception cref="ArgumentException">It is no array of such values.</exception>
    /// <exception cref="BpfException">The kernel refused: EINVAL where the map was made without BPF_F_MMAPABLE, EPERM where it is frozen or was opened for reading only.</exception>
    public MappedArray(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != BpfMapType.Array || map.ValueSize != Unsafe.SizeOf<T>() || map.ValueSize % sizeof(ulong) != 0)
        {
            throw new ArgumentException($"{map} with values of {map.ValueSize} bytes is no array of {typeof(T).Name}, which has {Unsafe.SizeOf<T>()} bytes.", nameof(map));
        }

        Length = (int)map.MaxEntries;
        nuint page = (nuint)Environment.SystemPageSize;
        _size = (((nuint)map.ValueSize * map.MaxEntries) + page - 1) / page * page;
        using DescriptorLease lease = new(map.Handle);
        nint address = Syscalls.Mmap(lease.Descriptor, _size, Constants.PROT_READ | Constants.PROT_WRITE, 0);
        if (address is < 0 and > -4096)
        {
            throw new BpfException($"Mapping {map} into memory", (int)-address);
        }

        _address = address;
    }

    /// <summary>How many values there are.</summary>
    public int Length { get; }

    /// <summary>One of them. Not to be used after this object is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of this index.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public ref T this[int index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Length, nameof(index));
            return ref ((T*)_address)[index];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_address != 0)
        {
            _ = Syscalls.Munmap(_address, _size);
            _address = 0;
        }
    }
}
