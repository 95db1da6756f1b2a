using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Iterators;

/// <summary>What an iterator writes, read forward once.</summary>
/// <remarks>
/// The kernel is always asked for more than the 32 KiB that it buffers (8 pages, bpf_iter.c): a read(2) that wants less than
/// one bucket of a sockhash writes starts that bucket again each time and never comes to an end (sock_hash_seq_start in net/core/sock_map.c).
/// </remarks>
internal sealed class BpfIteratorStream(SafeBpfHandle handle) : Stream
{
    private readonly byte[] held = new byte[Math.Max(64 * 1024, 16 * Environment.SystemPageSize)];
    private int start;
    private int end;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The output of an iterator has no length before it is read.");

    public override long Position
    {
        get => throw new NotSupportedException("The output of an iterator has no positions.");
        set => throw new NotSupportedException("The output of an iterator has no positions.");
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (start == end)
        {
            start = 0;
            end = Fill();
        }

        int count = Math.Min(buffer.Length, end - start);
        held.AsSpan(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    public override void Flush()
    {
        // Nothing is ever written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("An iterator is read forward only.");

    public override void SetLength(long value) => throw new NotSupportedException("An iterator cannot be written.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("An iterator cannot be written.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            handle.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Fill()
    {
        using DescriptorLease lease = new(handle);
        int result;
        do
        {
            // EAGAIN: the kernel walked over a million objects without output and lets others run (bpf_seq_read in kernel/bpf/bpf_iter.c).
            result = Syscalls.Read(lease.Descriptor, held);
        }
        while (result == -Errno.EAGAIN);

        return BpfCommands.ThrowIfFailed(result, "Reading an iterator");
    }
}
