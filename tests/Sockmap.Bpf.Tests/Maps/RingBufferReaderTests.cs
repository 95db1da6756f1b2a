using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Maps;

public sealed class RingBufferReaderTests : IDisposable
{
    private readonly BpfMap ring = TestObjects.RingBuffer();
    private readonly BpfProgram writer;
    private readonly RingBufferReader reader;

    public RingBufferReaderTests()
    {
        writer = TestObjects.RingBufferWriter(ring);
        reader = new RingBufferReader(ring);
    }

    public void Dispose()
    {
        reader.Dispose();
        writer.Dispose();
        ring.Dispose();
    }

    [Fact]
    public void Records_come_in_order_through_many_rounds_of_the_ring()
    {
        List<long> expected = [];
        List<long> actual = [];
        for (long number = 0; number < 5000; number++)
        {
            Write(number);
            expected.Add(number);
            if (number % 7 == 0)
            {
                Assert.True(reader.Wait(TimeSpan.Zero, TestContext.Current.CancellationToken));
                reader.Consume(record => actual.Add(BitConverter.ToInt64(record)));
            }
        }

        reader.Consume(record => actual.Add(BitConverter.ToInt64(record)));
        Assert.Equal(expected, actual);
        Assert.Equal(0, reader.Consume(static _ => { }));
    }

    [Fact]
    public void Discarded_records_are_passed_over()
    {
        using BpfProgram discarder = TestObjects.RingBufferDiscarder(ring);
        discarder.Run(new byte[64]);
        Write(1);
        discarder.Run(new byte[64]);
        Write(2);
        List<long> actual = [];
        Assert.Equal(2, reader.Consume(record => actual.Add(BitConverter.ToInt64(record))));
        Assert.Equal([1L, 2L], actual);
    }

    [Fact]
    public void An_empty_ring_ends_the_wait_when_the_time_is_over() =>
        Assert.False(reader.Wait(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));

    [Fact]
    public void A_record_ends_the_wait()
    {
        Thread other = new(() => Write(9));
        other.Start();
        Assert.True(reader.Wait(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken));
        other.Join();
    }

    [Fact]
    public void Cancellation_ends_the_wait_and_leaves_the_reader_usable()
    {
        using CancellationTokenSource source = new();
        Thread other = new(source.Cancel);
        other.Start();
        OperationCanceledException exception = Assert.Throws<OperationCanceledException>(() => reader.Wait(Timeout.InfiniteTimeSpan, source.Token));
        other.Join();
        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.False(reader.Wait(TimeSpan.Zero, CancellationToken.None));
        Write(3);
        Assert.True(reader.Wait(Timeout.InfiniteTimeSpan, CancellationToken.None));
    }

    [Fact]
    public void A_record_whose_callback_throws_counts_as_read()
    {
        Write(1);
        Write(2);
        Assert.Throws<InvalidOperationException>(() => reader.Consume(static _ => throw new InvalidOperationException("no")));
        List<long> actual = [];
        reader.Consume(record => actual.Add(BitConverter.ToInt64(record)));
        Assert.Equal(2L, Assert.Single(actual));
    }

    [Fact]
    public void Records_are_enumerated_until_cancelled()
    {
        using CancellationTokenSource source = new();
        Write(1);
        Write(2);
        List<long> actual = [];
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (byte[] record in reader.ReadAll(source.Token))
            {
                actual.Add(BitConverter.ToInt64(record));
                if (actual.Count == 2)
                {
                    source.Cancel();
                }
            }
        });
        Assert.Equal([1L, 2L], actual);
    }

    [Fact]
    public void Only_ring_buffers_are_read()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        Assert.Throws<ArgumentException>(() => new RingBufferReader(map));
    }

    [Fact]
    public void A_disposed_reader_says_so()
    {
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Consume(static _ => { }));
    }

    private void Write(long number)
    {
        byte[] packet = new byte[64];
        BitConverter.TryWriteBytes(packet, number);
        Assert.Equal(0u, writer.Run(packet));
    }
}
