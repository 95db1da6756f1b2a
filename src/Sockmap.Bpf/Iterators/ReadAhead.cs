using System.Buffers;
using System.Threading.Channels;

namespace Sockmap.Bpf.Iterators;

/// <summary>
/// A run of an iterator on a thread of its own, a bounded number of records ahead of its reader: the kernel walks its tables
/// while what it has written is made use of, or while its reader is not ready yet.
/// </summary>
/// <typeparam name="T">A record.</typeparam>
public sealed class ReadAhead<T> : IDisposable
{
    private const int BatchLength = 128;
    private const int Batches = 16;

    private readonly Channel<ArraySegment<T>> _batches = Channel.CreateBounded<ArraySegment<T>>(new BoundedChannelOptions(Batches) { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;

    /// <summary>Begins to read.</summary>
    internal ReadAhead(IEnumerable<T> source)
    {
        CancellationToken stop = _stop.Token;
        _writer = Task.Factory.StartNew(() => Write(source, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The records in their order, once. What the kernel refused is thrown where the next record would come.</summary>
    public IEnumerable<T> ReadAll()
    {
        while (Wait(_batches.Reader.WaitToReadAsync(CancellationToken.None)))
        {
            while (_batches.Reader.TryRead(out ArraySegment<T> batch))
            {
                foreach (T item in batch)
                {
                    yield return item;
                }

                ArrayPool<T>.Shared.Return(batch.Array!);
            }
        }
    }

    /// <summary>Ends the run where it is.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _writer.Wait();
        _stop.Dispose();
    }

    private static bool Wait(ValueTask<bool> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    private void Write(IEnumerable<T> source, CancellationToken stop)
    {
        T[] items = ArrayPool<T>.Shared.Rent(BatchLength);
        int count = 0;
        Exception? failure = null;
        try
        {
            try
            {
                foreach (T item in source)
                {
                    if (count == BatchLength)
                    {
                        Pass(new ArraySegment<T>(items, 0, count), stop);
                        items = ArrayPool<T>.Shared.Rent(BatchLength);
                        count = 0;
                    }

                    items[count] = item;
                    count++;
                }
            }
#pragma warning disable CA1031 // The reader gets it, after the items before it.
            catch (Exception e) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
            {
                failure = e;
            }

            Pass(new ArraySegment<T>(items, 0, count), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody reads any more.
        }

        _batches.Writer.Complete(failure);
    }

    private void Pass(ArraySegment<T> batch, CancellationToken stop)
    {
        if (!_batches.Writer.TryWrite(batch))
        {
            _batches.Writer.WriteAsync(batch, stop).AsTask().GetAwaiter().GetResult();
        }
    }
}
