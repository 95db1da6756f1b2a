using System.Runtime.InteropServices;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Maps;

public sealed class BpfMapTests
{
    private const int ConcurrentKeys = 500;

    [Fact]
    public void Create_gives_a_map_that_the_kernel_describes()
    {
        using BpfMap map = BpfMap.Create(new() { Name = "some map", Type = BpfMapType.Hash, KeySize = 12, ValueSize = 20, MaxEntries = 100, Flags = 1 });
        MapInfo info = map.GetInfo();
        Assert.Equal((BpfMapType.Hash, "some_map", 12, 20, 100u, 1u), (info.Type, info.Name, info.KeySize, info.ValueSize, info.MaxEntries, info.Flags));
        Assert.False(info.Frozen);
        Assert.True(info.MemoryLocked > 0 && info.Id > 0);
        Assert.Equal(20, map.LookupSize);
        using BpfMap byId = BpfMap.OpenById(info.Id);
        Assert.Equal((12, 20, 100u), (byId.KeySize, byId.ValueSize, byId.MaxEntries));
        Assert.Contains(info.Id, BpfMap.EnumerateIds());
    }

    [Fact]
    public void A_size_that_the_type_does_not_allow_is_EINVAL_and_named()
    {
        BpfException exception = Assert.Throws<BpfException>(() => BpfMap.Create(new() { Name = "x", Type = BpfMapType.Array, KeySize = 5, ValueSize = 4, MaxEntries = 1 }));
        Assert.Equal("EINVAL", exception.ErrnoName);
        Assert.Contains("key 5 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_written_read_and_deleted()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash, entries: 2);
        map.Update(1, 10L);
        map.Update(2, 20L, BpfMapUpdateFlags.NoExist);
        Assert.True(map.TryLookup(1, out long value));
        Assert.Equal(10, value);
        Assert.False(map.TryLookup(3, out value));
        Assert.Equal(0, value);
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => map.Update(1, 11L, BpfMapUpdateFlags.NoExist)).ErrnoName);
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => map.Update(3, 30L, BpfMapUpdateFlags.Exist)).ErrnoName);
        Assert.Equal("E2BIG", Assert.Throws<BpfException>(() => map.Update(3, 30L)).ErrnoName);
        Assert.True(map.TryDelete(1));
        Assert.False(map.TryDelete(1));
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => map.Delete(BitConverter.GetBytes(1))).ErrnoName);
        Assert.Equal(2, Assert.Single(map.EnumerateKeys<int>()));
    }

    [Fact]
    public void A_key_or_value_of_another_size_never_reaches_the_kernel()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        Assert.Throws<ArgumentException>(() => map.Update((byte)1, 10L));
        Assert.Throws<ArgumentException>(() => map.Update(1, 10));
        Assert.Throws<ArgumentException>(() => map.TryLookup(1, out int _));
        Assert.Throws<ArgumentException>(() => map.TryDelete(1L));
        Assert.Throws<InvalidOperationException>(() => map.EnumerateKeys<long>());
    }

    [Fact]
    public void A_per_CPU_value_has_a_part_for_every_possible_CPU()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.PercpuHash, valueSize: 12);
        int cpus = PossibleCpus.Count();
        Assert.Equal(16 * cpus, map.LookupSize);
        byte[] key = BitConverter.GetBytes(7);
        Assert.Null(map.LookupPerCpu(key));
        byte[] all = new byte[map.LookupSize];
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            all.AsSpan(cpu * 16, 12).Fill((byte)(cpu + 1));
        }

        map.Update(key, all);
        byte[][] values = map.LookupPerCpu(key)!;
        Assert.Equal(cpus, values.Length);
        Assert.All(values, static (value, cpu) => Assert.Equal(Enumerable.Repeat((byte)(cpu + 1), 12), value));
        Assert.Throws<ArgumentException>(() => map.Update(key, new byte[12]));
        using BpfMap plain = TestObjects.Map(BpfMapType.Hash);
        Assert.Throws<InvalidOperationException>(() => plain.LookupPerCpu(key));
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3\n", 4)]
    [InlineData("0-1,4,8-11", 7)]
    public void Lists_of_CPUs_are_counted(string list, int count) => Assert.Equal(count, PossibleCpus.CountIn(list));

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("a")]
    [InlineData("0-1-2")]
    public void What_is_no_list_of_CPUs_is_refused(string list) => Assert.Throws<InvalidDataException>(() => PossibleCpus.CountIn(list));

    [Fact]
    public void A_frozen_map_cannot_be_written()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Array);
        map.Freeze();
        Assert.True(map.GetInfo().Frozen);
        Assert.Equal("EPERM", Assert.Throws<BpfException>(() => map.Update(0, 1L)).ErrnoName);
        Assert.True(map.TryLookup(0, out long _));
        Assert.Contains(Assert.Throws<BpfException>(map.Freeze).Errno, new[] { Errno.EPERM, Errno.EBUSY });
    }

    [Fact]
    public void A_pin_opened_for_reading_cannot_be_written()
    {
        using TestBpfFileSystem bpffs = new();
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        map.Update(1, 10L);
        map.Pin(bpffs.PathOf("map"));
        using BpfMap reader = BpfMap.OpenPinned(bpffs.PathOf("map"), readOnly: true);
        using BpfMap writer = BpfMap.OpenPinned(bpffs.PathOf("map"));
        Assert.True(reader.TryLookup(1, out long value));
        Assert.Equal(10, value);
        Assert.Equal("EPERM", Assert.Throws<BpfException>(() => reader.Update(1, 11L)).ErrnoName);
        writer.Update(1, 12L);
        Assert.True(map.TryLookup(1, out value));
        Assert.Equal(12, value);
    }

    [Fact]
    public void Keys_are_each_given_once_while_the_caller_deletes_them()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash, entries: 1000);
        for (int key = 0; key < 1000; key++)
        {
            map.Update(key, 0L);
        }

        List<int> keys = [];
        foreach (int key in map.EnumerateKeys<int>())
        {
            keys.Add(key);
            Assert.True(map.TryDelete(key));
        }

        Assert.Equal(Enumerable.Range(0, 1000), keys.Order());
        Assert.Empty(map.EnumerateKeys());
    }

    [Fact]
    public void Keys_that_stay_are_each_given_once_while_others_come_and_go()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash, entries: 4096);
        for (int key = 0; key < ConcurrentKeys; key++)
        {
            map.Update(key, 0L);
        }

        using CancellationTokenSource stop = new();
        Thread churn = new(() =>
        {
            for (int round = 0; !stop.IsCancellationRequested; round++)
            {
                int key = ConcurrentKeys + 2 + (round % 1000);
                map.Update(key, 0L);
                map.TryDelete(key - (round % 3));
            }
        });
        churn.Start();
        try
        {
            for (int pass = 0; pass < 20; pass++)
            {
                List<int> keys;
                try
                {
                    keys = [.. map.EnumerateKeys<int>()];
                }
                catch (BpfException exception) when (exception.Errno == Errno.EAGAIN)
                {
                    continue;
                }

                Assert.Equal(keys.Count, keys.Distinct().Count());
                Assert.Equal(ConcurrentKeys, keys.Count(static key => key < ConcurrentKeys));
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }
    }

    [Fact]
    public void Indexes_of_an_array_are_all_listed()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Array, entries: 5);
        Assert.Equal([0, 1, 2, 3, 4], map.EnumerateKeys<int>());
        Assert.Equal("EINVAL", Assert.Throws<BpfException>(() => map.TryDelete(0)).ErrnoName);
    }

    [Fact]
    public void A_ring_buffer_has_no_keys() =>
        Assert.Throws<BpfException>(() =>
        {
            using BpfMap map = TestObjects.RingBuffer();
            return map.EnumerateKeys().Count();
        });

    [Fact]
    public void Sockets_enter_and_leave_a_sockhash_and_tell_their_cookie()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockHash);
        using TcpPair pair = new();
        byte[] key = BitConverter.GetBytes(5);
        map.UpdateDescriptor(key, pair.Client.SafeHandle, BpfMapUpdateFlags.NoExist);
        Assert.Equal("EEXIST", Assert.Throws<BpfException>(() => map.UpdateDescriptor(key, pair.Server.SafeHandle, BpfMapUpdateFlags.NoExist)).ErrnoName);
        byte[] cookie = new byte[8];
        Assert.True(map.TryLookup(key, cookie));
        Span<byte> expected = stackalloc byte[8];
        pair.Client.GetRawSocketOption(1, 57, expected); // SOL_SOCKET, SO_COOKIE
        Assert.Equal(MemoryMarshal.Read<ulong>(expected), BitConverter.ToUInt64(cookie));
        Assert.Equal(5, Assert.Single(map.EnumerateKeys<int>()));
        Assert.True(map.TryDelete(key));
        Assert.False(map.TryDelete(key));
    }

    [Fact]
    public void An_empty_index_of_a_sockmap_is_nothing_to_delete()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.SockMap);
        using TcpPair pair = new();
        byte[] key = BitConverter.GetBytes(0);
        Assert.False(map.TryDelete(key));
        map.UpdateDescriptor(key, pair.Client.SafeHandle);
        Assert.True(map.TryDelete(key));
    }

    [Fact]
    public void Storage_lives_in_the_socket_and_takes_its_descriptor_as_key()
    {
        using Sockmap.Bpf.Programs.BtfObject btf = Sockmap.Bpf.Programs.BtfObject.Load(Sockmap.Bpf.Features.ProbeMaps.IntBtf());
        using BpfMap map = BpfMap.Create(new() { Type = BpfMapType.SkStorage, KeySize = 4, ValueSize = 4, Flags = 1, Btf = btf, KeyTypeId = 1, ValueTypeId = 1 });
        using TcpPair pair = new();
        int key = (int)pair.Client.SafeHandle.DangerousGetHandle();
        Assert.False(map.TryLookup(key, out int value));
        map.Update(key, 42);
        Assert.True(map.TryLookup(key, out value));
        Assert.Equal(42, value);
        MapInfo info = map.GetInfo();
        Assert.Equal((btf.GetInfo().Id, 1u, 1u), (info.BtfId, info.KeyTypeId, info.ValueTypeId));
    }

    [Fact]
    public void A_program_array_takes_programs()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.ProgArray, valueSize: 4, entries: 1);
        using Sockmap.Bpf.Programs.BpfProgram program = TestObjects.SkMsg();
        map.UpdateDescriptor(BitConverter.GetBytes(0), program.Handle);
        Assert.True(map.TryLookup(0, out uint id));
        Assert.Equal(program.GetInfo().Id, id);
    }

    [Fact]
    public void Maps_of_maps_take_maps()
    {
        using BpfMap inner = TestObjects.Map(BpfMapType.Array);
        using BpfMap outer = BpfMap.Create(new() { Type = BpfMapType.HashOfMaps, KeySize = 4, ValueSize = 4, MaxEntries = 2, InnerMap = inner });
        outer.UpdateDescriptor(BitConverter.GetBytes(9), inner.Handle);
        Assert.True(outer.TryLookup(9, out uint id));
        Assert.Equal(inner.GetInfo().Id, id);
    }

    [Fact]
    public void A_queue_has_no_key()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Queue, keySize: 0, valueSize: 4);
        map.Update([], BitConverter.GetBytes(3));
        byte[] value = new byte[4];
        Assert.True(map.TryLookup([], value));
        Assert.Equal(3, BitConverter.ToInt32(value));
    }
}
