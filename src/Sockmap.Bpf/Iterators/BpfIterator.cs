using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sockmap.Bpf.Interop;
using Sockmap.Bpf.Links;

namespace Sockmap.Bpf.Iterators;

/// <summary>Runs iterator links and reads what their programs write.</summary>
public static class BpfIterator
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Starts one run over all objects (BPF_ITER_CREATE).</summary>
    /// <returns>The program's output; reading it runs the program. Errors of the kernel are thrown as <see cref="BpfException"/>.</returns>
    /// <exception cref="BpfException">EINVAL: the link is no iterator link.</exception>
    public static Stream Open(BpfLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        using DescriptorLease lease = new(link.Handle);
        bpf_attr_iter_create attr = new() { link_fd = (uint)lease.Descriptor };
        return new BpfIteratorStream(SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.Bpf(bpf_cmd.BPF_ITER_CREATE, ref attr), "Starting an iterator")));
    }

    /// <summary>Runs an iterator whose program writes records of one fixed size.</summary>
    /// <remarks>A hash may give a record twice: each read(2) starts the bucket again that the one before stopped in.</remarks>
    /// <exception cref="BpfException">The kernel refused.</exception>
    /// <exception cref="InvalidDataException">The output ended inside a record.</exception>
    public static IEnumerable<T> ReadRecords<T>(BpfLink link)
        where T : unmanaged
    {
        using Stream stream = Open(link);
        foreach (T record in ReadRecords<T>(stream))
        {
            yield return record;
        }
    }

    /// <summary>The same as <see cref="ReadRecords{T}(BpfLink)"/>, begun at once on a thread of its own.</summary>
    public static ReadAhead<T> BeginReadRecords<T>(BpfLink link)
        where T : unmanaged => new(ReadRecords<T>(link));

    /// <summary>Reads records of one fixed size from a stream; a record may be split between two reads.</summary>
    /// <exception cref="InvalidDataException">The stream ended inside a record.</exception>
    public static IEnumerable<T> ReadRecords<T>(Stream stream)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Enumerate<T>(stream);
    }

    private static IEnumerable<T> Enumerate<T>(Stream stream)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        byte[] buffer = new byte[Math.Max(BufferSize, size)];
        int held = 0;
        int count;
        while ((count = stream.Read(buffer, held, buffer.Length - held)) > 0)
        {
            held += count;
            int offset = 0;
            for (; held - offset >= size; offset += size)
            {
                yield return MemoryMarshal.Read<T>(buffer.AsSpan(offset, size));
            }

            held -= offset;
            buffer.AsSpan(offset, held).CopyTo(buffer);
        }

        if (held > 0)
        {
            throw new InvalidDataException($"The iterator's output ended {held} bytes into a record of {size} bytes ({typeof(T).Name}).");
        }
    }
}
