using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Maps;

/// <summary>Many entries at once.</summary>
public sealed class MapBatchTests
{
    private const int Many = 20_000;

    public static TheoryData<BpfMapType> Hashes() => [BpfMapType.Hash, BpfMapType.PercpuHash, BpfMapType.LruHash, BpfMapType.LruPercpuHash];

    [Theory]
    [MemberData(nameof(Hashes))]
    public void Entries_are_written_listed_deleted_and_emptied(BpfMapType type)
    {
        using BpfMap map = TestObjects.Map(type, entries: Many * 2);
        map.UpdateMany(Entries(map, Many));
        Dictionary<int, byte[]> read = map.EnumerateEntries().ToDictionary(static entry => BitConverter.ToInt32(entry.Key), static entry => entry.Value!);
        Assert.Equal(Many, read.Count);
        Assert.All(read, pair => Assert.Equal(pair.Key, BitConverter.ToInt32(pair.Value)));

        // Every other key, and as many that are not there.
        Assert.Equal(Many / 2, map.DeleteMany(Enumerable.Range(0, Many).Select(static key => BitConverter.GetBytes(key * 2))));
        Assert.Equal(Many / 2, map.EnumerateEntries().Count());
        Assert.Equal(Many / 2, map.Clear(TestContext.Current.CancellationToken));
        Assert.Empty(map.EnumerateKeys());
        Assert.Equal(0, map.Clear(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_bucket_larger_than_a_batch_is_no_hindrance()
    {
        // Values so large that a batch takes few, and keys so many that some bucket has more.
        using BpfMap map = TestObjects.Map(BpfMapType.Hash, valueSize: 130_000, entries: 64);
        map.UpdateMany(Entries(map, 64));
        Assert.Equal(Enumerable.Range(0, 64), map.EnumerateEntries().Select(static entry => BitConverter.ToInt32(entry.Key)).Order());
        Assert.Equal(64, map.Clear(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_one_call_would_do_is_done_up_to_the_entry_that_fails()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash, entries: 100);
        BpfException exception = Assert.Throws<BpfException>(() => map.UpdateMany(Entries(map, 150)));
        Assert.Equal("E2BIG", exception.ErrnoName);
        Assert.Equal(100, map.EnumerateEntries().Count());
        Assert.Throws<ArgumentException>(() => map.UpdateMany([new MapEntry([1], new byte[8])]));
        Assert.Throws<ArgumentException>(() => map.DeleteMany([[1]]));
    }

    [Fact]
    public void New_keys_only_are_checked_one_by_one()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        map.Update(1, 9L);
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => map.UpdateMany(Entries(map, 3), BpfMapUpdateFlags.NoExist)).ErrnoName);
        Assert.True(map.TryLookup(1, out long value));
        Assert.Equal(9, value);
        Assert.True(map.TryLookup(0, out value));
        Assert.False(map.TryLookup(2, out value));
    }

    [Theory]
    [InlineData(BpfMapType.Array)]
    [InlineData(BpfMapType.PercpuArray)]
    public void An_array_is_listed_whole_and_emptied_to_zeros(BpfMapType type)
    {
        using BpfMap map = TestObjects.Map(type, entries: 10_000);
        map.UpdateMany(Entries(map, 10_000));
        Assert.Equal(Enumerable.Range(0, 10_000), map.EnumerateEntries().Select(static entry => BitConverter.ToInt32(entry.Key)));
        Assert.All(map.EnumerateEntries(), static entry => Assert.Equal(entry.Key, entry.Value![..4]));
        Assert.Equal(10_000, map.Clear(TestContext.Current.CancellationToken));
        Assert.All(map.EnumerateEntries(), static entry => Assert.All(entry.Value!, static value => Assert.Equal(0, value)));
    }

    [Fact]
    public void Maps_with_holes_list_what_is_there()
    {
        using BpfMap inner = TestObjects.Map(BpfMapType.Array);
        using BpfMap outer = BpfMap.Create(new() { Type = BpfMapType.ArrayOfMaps, KeySize = 4, ValueSize = 4, MaxEntries = 1000, InnerMap = inner });
        outer.UpdateReference(BitConverter.GetBytes(7), inner.GetInfo().Id);
        outer.UpdateReference(BitConverter.GetBytes(999), inner.GetInfo().Id);
        Assert.Equal([7, 999], outer.EnumerateEntries().Select(static entry => BitConverter.ToInt32(entry.Key)));
        Assert.Equal(2, outer.Clear(TestContext.Current.CancellationToken));
        Assert.Empty(outer.EnumerateEntries());
    }

    [Fact]
    public void Sockets_are_listed_and_let_go()
    {
        foreach (BpfMapType type in new[] { BpfMapType.SockMap, BpfMapType.SockHash })
        {
            using BpfMap map = TestObjects.Map(type);
            using TcpPair pair = new();
            map.UpdateDescriptor(BitConverter.GetBytes(3), pair.Client.SafeHandle);
            map.UpdateDescriptor(BitConverter.GetBytes(5), pair.Server.SafeHandle);
            Assert.Equal([3, 5], map.EnumerateEntries().Select(static entry => BitConverter.ToInt32(entry.Key)).Order());
            Assert.Equal(2, map.Clear(TestContext.Current.CancellationToken));
            Assert.Empty(map.EnumerateEntries());
        }
    }

    [Fact]
    public void A_trie_and_a_hash_of_maps_are_emptied()
    {
        using BpfMap trie = BpfMap.Create(new() { Type = BpfMapType.LpmTrie, KeySize = 8, ValueSize = 4, MaxEntries = 100, Flags = 1 });
        trie.UpdateMany(Enumerable.Range(0, 50).Select(static number => new MapEntry([32, 0, 0, 0, 10, 0, 0, (byte)number], new byte[4])));
        Assert.Equal(50, trie.EnumerateEntries().Count());
        Assert.Equal(50, trie.Clear(TestContext.Current.CancellationToken));
        Assert.Empty(trie.EnumerateKeys());

        using BpfMap inner = TestObjects.Map(BpfMapType.Array);
        using BpfMap outer = BpfMap.Create(new() { Type = BpfMapType.HashOfMaps, KeySize = 4, ValueSize = 4, MaxEntries = 100, InnerMap = inner });
        outer.UpdateDescriptor([1, 2, 3, 4], inner.Handle);
        Assert.Equal(1, outer.Clear(TestContext.Current.CancellationToken));
        Assert.Empty(outer.EnumerateKeys());
    }

    [Theory]
    [InlineData(BpfMapType.Queue, 1)]
    [InlineData(BpfMapType.Stack, 3)]
    public void A_queue_shows_what_is_next_and_gives_all(BpfMapType type, int next)
    {
        using BpfMap map = TestObjects.Map(type, keySize: 0, valueSize: 4);
        map.UpdateMany(Enumerable.Range(1, 3).Select(static number => new MapEntry([], BitConverter.GetBytes(number))));
        Assert.Equal(next, BitConverter.ToInt32(Assert.Single(map.EnumerateEntries()).Value!));
        Assert.Equal(3, map.Clear(TestContext.Current.CancellationToken));
        Assert.Empty(map.EnumerateEntries());
        Assert.False(map.TryTake([], new byte[4]));
    }

    [Fact]
    public void What_cannot_be_emptied_says_why()
    {
        using BpfMap ring = TestObjects.RingBuffer();
        Assert.Contains("its records go when its reader reads them", Assert.Throws<NotSupportedException>(() => ring.Clear()).Message, StringComparison.Ordinal);
        using BpfMap frozen = TestObjects.Map(BpfMapType.Hash);
        frozen.Update(1, 1L);
        frozen.Freeze();
        Assert.Equal("EPERM", Assert.Throws<BpfException>(() => frozen.Clear()).ErrnoName);
        Assert.Single(frozen.EnumerateEntries());
    }

    [Fact]
    public void Keys_that_stay_are_each_given_once_while_others_come_and_go()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash, entries: 8192);
        map.UpdateMany(Entries(map, 4000));
        using CancellationTokenSource stop = new();
        Thread churn = new(() =>
        {
            for (int round = 0; !stop.IsCancellationRequested; round++)
            {
                int key = 4002 + (round % 1000);
                map.Update(key, 0L);
                map.TryDelete(key - (round % 3));
            }
        });
        churn.Start();
        try
        {
            for (int pass = 0; pass < 20; pass++)
            {
                List<int> keys = [.. map.EnumerateEntries().Select(static entry => BitConverter.ToInt32(entry.Key))];
                Assert.Equal(keys.Count, keys.Distinct().Count());
                Assert.Equal(4000, keys.Count(static key => key < 4000));
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }
    }

    private static IEnumerable<MapEntry> Entries(BpfMap map, int count) => Enumerable.Range(0, count).Select(number =>
    {
        byte[] value = new byte[map.LookupSize];
        BitConverter.TryWriteBytes(value, number);
        return new MapEntry(BitConverter.GetBytes(number), value);
    });
}
