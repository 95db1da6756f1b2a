using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Sockmap.Bpf.Iterators;

/// <summary>
/// A run of an iterator on a thread of its own, a bounded number of records ahead of its reader: the kernel walks its tables
/// while what it has written is made use of.
/// </summary>
/// <typeparam name="T">A record.</typeparam>
public sealed class ReadAhead<T> : IDisposable
{
    private const int BatchLength = 128;
    private const int Batches = 16;

    private readonly BlockingCollection<ArraySegment<T>> _batches = new(Batches);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Begins to read.</summary>
    internal ReadAhead(IEnumerable<T> source)
    {
        CancellationToken stop = _stop.Token;
        _writer = Task.Factory.StartNew(() => Write(source, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The records in their order, once. What the kernel refused is thrown after the records that came.</summary>
    public IEnumerable<T> ReadAll()
    {
        foreach (ArraySegment<T> batch in _batches.GetConsumingEnumerable())
        {
            foreach (T item in batch)
            {
                yield return item;
            }

            ArrayPool<T>.Shared.Return(batch.Array!);
        }

        _failure?.Throw();
    }

    /// <summary>Ends the run where it is.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _writer.Wait();
        _stop.Dispose();
        _batches.Dispose();
    }

    private void Write(IEnumerable<T> source, CancellationToken stop)
    {
        T[] items = ArrayPool<T>.Shared.Rent(BatchLength);
        int count = 0;
        try
        {
            try
            {
                foreach (T item in source)
                {
                    if (count == BatchLength)
                    {
                        _batches.Add(new ArraySegment<T>(items, 0, count), stop);
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
                _failure = ExceptionDispatchInfo.Capture(e);
            }

            _batches.Add(new ArraySegment<T>(items, 0, count), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody reads any more.
        }

        _batches.CompleteAdding();
    }
}
