using Sockmap.Bpf.Iterators;

namespace Sockmap.Bpf.Tests.Iterators;

public sealed class ReadAheadTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(50_001)]
    public void All_records_come_in_their_order(int count)
    {
        using ReadAhead<int> read = new(Enumerable.Range(0, count));
        Assert.Equal(Enumerable.Range(0, count), read.ReadAll());
    }

    [Fact]
    public void An_error_comes_after_the_records_before_it()
    {
        using ReadAhead<int> read = new(Enumerable.Range(0, 200).Concat(Failing()));
        List<int> seen = [];
        Assert.Equal("the kernel said no", Assert.Throws<InvalidDataException>(() => seen.AddRange(read.ReadAll())).Message);
        Assert.Equal(201, seen.Count);
    }

    [Fact]
    public void It_reads_ahead_no_further_than_it_may_and_ends_when_nobody_reads_any_more()
    {
        int given = 0;
        bool isEnded = false;
        IEnumerable<int> Endless()
        {
            try
            {
                while (true)
                {
                    yield return Interlocked.Increment(ref given);
                }
            }
            finally
            {
                isEnded = true;
            }
        }

        using (ReadAhead<int> read = new(Endless()))
        {
            Assert.Equal(1, read.ReadAll().First());
            int before;
            do
            {
                before = Volatile.Read(ref given);
                Thread.Sleep(50);
            }
            while (before != Volatile.Read(ref given));

            Assert.InRange(given, 1_000, 10_000);
        }

        Assert.True(isEnded);
    }

    private static IEnumerable<int> Failing()
    {
        yield return 0;
        throw new InvalidDataException("the kernel said no");
    }
}
