using Sockmap.Bpf.Interop;

namespace Sockmap.Bpf.Maps;

/// <summary>
/// Reads the records that programs put into a ring buffer (kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst).
/// A ring buffer has one reader; the members other than cancellation are for one thread at a time.
/// </summary>
public sealed unsafe class RingBufferReader : IDisposable
{
    private readonly SafeBpfHandle epoll;
    private readonly SafeBpfHandle wake;
    private readonly nuint pageSize;
    private readonly nuint dataSize;
    private nint consumer;
    private nint producer;

    /// <summary>Maps the ring buffer into memory. Records that wait in it already are read too.</summary>
    /// <param name="map">A map of type <see cref="BpfMapType.RingBuf"/>; it may be disposed of afterwards.</param>
    /// <exception cref="ArgumentException">The map is of another type.</exception>
    /// <exception cref="BpfException">The kernel refused, for example EPERM for a map that was opened for reading only.</exception>
    public RingBufferReader(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != BpfMapType.RingBuf)
        {
            throw new ArgumentException($"{map} is not a ring buffer.", nameof(map));
        }

        pageSize = (nuint)Environment.SystemPageSize;
        dataSize = map.MaxEntries;
        epoll = SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.EpollCreate(), "Creating an epoll"));
        wake = new SafeBpfHandle();
        try
        {
            wake.Dispose();
            wake = SafeBpfHandle.Adopt(BpfCommands.ThrowIfFailed(Syscalls.Eventfd(), "Creating an eventfd"));
            using DescriptorLease lease = new(map.Handle);
            consumer = Mmap(lease.Descriptor, pageSize, Constants.PROT_READ | Constants.PROT_WRITE, 0, map);

            // The kernel maps the data twice, one after the other, so that no record is ever split.
            producer = Mmap(lease.Descriptor, pageSize + (2 * dataSize), Constants.PROT_READ, (long)pageSize, map);
            using DescriptorLease poll = new(epoll);
            using DescriptorLease wakeLease = new(wake);
            BpfCommands.ThrowIfFailed(Syscalls.EpollAddInput(poll.Descriptor, lease.Descriptor), $"Waiting for {map}");
            BpfCommands.ThrowIfFailed(Syscalls.EpollAddInput(poll.Descriptor, wakeLease.Descriptor), "Waiting for an eventfd");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gives every record that is finished to a callback, without waiting.</summary>
    /// <param name="callback">Takes a record. When it throws, that record counts as read, and the exception goes on.</param>
    /// <param name="most">How many to give at most; programs may write faster than they are read.</param>
    /// <returns>How many records there were.</returns>
    public int Consume(RingBufferCallback callback, int most = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ObjectDisposedException.ThrowIf(consumer == 0, this);
        int count = 0;
        ref ulong consumerPosition = ref *(ulong*)consumer;
        ref ulong producerPosition = ref *(ulong*)producer;
        byte* data = (byte*)producer + pageSize;
        ulong position = Volatile.Read(ref consumerPosition);
        while (count < most && position < Volatile.Read(ref producerPosition))
        {
            byte* header = data + (position & (dataSize - 1));
            uint length = Volatile.Read(ref *(uint*)header);
            if ((length & Constants.BPF_RINGBUF_BUSY_BIT) != 0)
            {
                // A program still writes it, and what comes behind it waits.
                break;
            }

            uint size = length & ~Constants.BPF_RINGBUF_DISCARD_BIT;
            position += (size + Constants.BPF_RINGBUF_HDR_SZ + 7) & ~7u;
            try
            {
                if ((length & Constants.BPF_RINGBUF_DISCARD_BIT) == 0)
                {
                    count++;
                    callback(new ReadOnlySpan<byte>(header + Constants.BPF_RINGBUF_HDR_SZ, (int)size));
                }
            }
            finally
            {
                Volatile.Write(ref consumerPosition, position);
            }
        }

        return count;
    }

    /// <summary>Waits until there is a record.</summary>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>False when the time is over.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(consumer == 0, this);
        long? end = timeout == Timeout.InfiniteTimeSpan ? null : Environment.TickCount64 + (long)Math.Ceiling(timeout.TotalMilliseconds);
        using DescriptorLease poll = new(epoll);

        // A wait before this one may have been cancelled just as it ended.
        Unwake();
        using CancellationTokenRegistration registration = cancellationToken.Register(static state => Wake((SafeBpfHandle)state!), wake);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int milliseconds = end is null ? -1 : (int)Math.Clamp(end.Value - Environment.TickCount64, 0, int.MaxValue);
            int result = Syscalls.EpollWait(poll.Descriptor, milliseconds);
            if (result != -Errno.EINTR)
            {
                BpfCommands.ThrowIfFailed(result, "Waiting for a ring buffer");
                if (!cancellationToken.IsCancellationRequested && (result > 0 || milliseconds == 0 || Environment.TickCount64 >= end))
                {
                    return result > 0;
                }
            }
        }
    }

    /// <summary>The records, copied, one after the other without end.</summary>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; thrown while enumerating.</exception>
    public IEnumerable<byte[]> ReadAll(CancellationToken cancellationToken)
    {
        List<byte[]> records = [];
        while (true)
        {
            Wait(Timeout.InfiniteTimeSpan, cancellationToken);
            Consume(record => records.Add(record.ToArray()));
            foreach (byte[] record in records)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record;
            }

            records.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (consumer != 0)
        {
            _ = Syscalls.Munmap(consumer, pageSize);
            consumer = 0;
        }

        if (producer != 0)
        {
            _ = Syscalls.Munmap(producer, pageSize + (2 * dataSize));
            producer = 0;
        }

        epoll.Dispose();
        wake.Dispose();
    }

    private static nint Mmap(int fd, nuint length, int protection, long offset, BpfMap map)
    {
        nint address = Syscalls.Mmap(fd, length, protection, offset);
        return address is < 0 and > -4096 ? throw new BpfException($"Mapping {map} into memory", (int)-address) : address;
    }

    private static void Wake(SafeBpfHandle wake)
    {
        using DescriptorLease lease = new(wake);
        ulong one = 1;
        _ = Syscalls.Write(lease.Descriptor, new ReadOnlySpan<byte>(&one, sizeof(ulong)));
    }

    private void Unwake()
    {
        using DescriptorLease lease = new(wake);
        ulong count;
        _ = Syscalls.Read(lease.Descriptor, new Span<byte>(&count, sizeof(ulong)));
    }
}
