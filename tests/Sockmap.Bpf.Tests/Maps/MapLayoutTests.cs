using System.Collections;
using Sockmap.Bpf.Btf.Values;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Btf.Values;
using Sockmap.Bpf.Tests.Kernel;
using LoadedObjects = Sockmap.Bpf.Tests.Loading.TestObjects;
using TestObjects = Sockmap.Bpf.Tests.Kernel.TestObjects;

namespace Sockmap.Bpf.Tests.Maps;

/// <summary>Keys and values as objects, on maps in the kernel.</summary>
public sealed class MapLayoutTests : IDisposable
{
    private readonly BpfObject _object = BpfObject.Load(LoadedObjects.Read("values.bpf.o"));

    public void Dispose() => _object.Dispose();

    [Fact]
    public void Random_values_come_back_from_the_kernel_as_they_were_written()
    {
        BpfMap map = _object.Maps["values"];
        MapLayout layout = MapLayout.Of(map);
        Assert.Null(layout.Problem);
        Random random = new(3);
        Dictionary<byte[], object?> written = new(ByteArrayComparer.Instance);
        byte[] bytes = new byte[map.ValueSize];
        for (int i = 0; i < 100; i++)
        {
            random.NextBytes(bytes);
            object? value = layout.DecodeValue(bytes);
            byte[] key = layout.EncodeKey(new Hashtable { ["port"] = i, ["address"] = "0x0a000001" });
            map.Update(key, layout.EncodeValue(value));
            written.Add(key, value);
        }

        List<MapEntry> entries = [.. map.EnumerateEntries()];
        Assert.Equal(100, entries.Count);
        Assert.All(entries, entry => Assert.True(ValueShapeTests.Same(written[entry.Key], layout.DecodeValue(entry.Value))));
        Assert.Equal((ushort)99, ((IDictionary)layout.DecodeKey(written.Keys.Last())!)["port"]);
    }

    [Fact]
    public void A_per_CPU_value_is_a_list()
    {
        BpfMap map = _object.Maps["percpu"];
        MapLayout layout = MapLayout.Of(map);
        int cpus = PossibleCpus.Count();
        Hashtable same = new() { ["port"] = 80 };
        map.Update(layout.EncodeKey("BUSY"), layout.EncodeValue(same));
        map.Update(layout.EncodeKey(7), layout.EncodeValue(Enumerable.Range(0, cpus).Select(static cpu => (object)new Hashtable { ["port"] = 1000 + cpu }).ToArray()));

        Dictionary<object, object?[]> read = map.EnumerateEntries().ToDictionary(entry => layout.DecodeKey(entry.Key)!, entry => (object?[])layout.DecodeValue(entry.Value)!);
        Assert.Equal(Enumerable.Repeat<object?>((ushort)80, cpus), read["BUSY"].Select(static value => ((IDictionary)value!)["port"]));
        Assert.Equal(Enumerable.Range(1000, cpus).Select(static port => (object?)(ushort)port), read[7].Select(static value => ((IDictionary)value!)["port"]));
        string fault = Assert.Throws<ValueEncodingException>(() => layout.EncodeValue(Enumerable.Repeat((object)new Hashtable { ["port"] = -1 }, cpus).ToArray())).Message;
        Assert.StartsWith("The value of CPU 0.port ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_section_is_a_set_of_variables()
    {
        BpfMap map = _object.Maps["values.data"];
        MapLayout layout = MapLayout.Of(map);
        IDictionary data = (IDictionary)layout.DecodeValue(Assert.Single(map.EnumerateEntries()).Value)!;
        Assert.Equal((42u, (ushort)7, "hello"), (data["answer"], data["counter"], data["word"]));
        data["answer"] = 43;
        map.Update(layout.EncodeKey(0), layout.EncodeValue(data));
        Assert.Equal(43u, ((IDictionary)layout.DecodeValue(Assert.Single(map.EnumerateEntries()).Value)!)["answer"]);
    }

    [Fact]
    public void Prefixes_of_a_trie_have_their_own_types_or_the_kernels()
    {
        BpfMap map = _object.Maps["trie"];
        MapLayout layout = MapLayout.Of(map);
        map.Update(layout.EncodeKey(new Hashtable { ["length"] = 8, ["address"] = System.Net.IPAddress.Parse("10.0.0.0") }), layout.EncodeValue(5));
        byte[] value = new byte[4];
        Assert.True(map.TryLookup(layout.EncodeKey(new Hashtable { ["length"] = 32, ["address"] = System.Net.IPAddress.Parse("10.9.9.9") }), value));
        Assert.Equal(5u, layout.DecodeValue(value));

        using BpfMap untyped = BpfMap.Create(new() { Type = BpfMapType.LpmTrie, KeySize = 8, ValueSize = 4, MaxEntries = 1, Flags = 1 });
        MapLayout known = MapLayout.Of(untyped);
        Assert.Equal([24, 0, 0, 0, 10, 1, 2, 0], known.EncodeKey(new Hashtable { ["prefixlen"] = 24, ["data"] = "0a010200" }));
    }

    [Fact]
    public void Without_BTF_there_are_bytes_and_numbers_are_taken()
    {
        using BpfMap map = TestObjects.Map(BpfMapType.Hash);
        MapLayout layout = MapLayout.Of(map);
        Assert.Equal([1, 0, 0, 0], layout.EncodeKey(1));
        Assert.Equal([0xff, 0xff, 0xff, 0xff], layout.EncodeKey(-1));
        Assert.Equal([0x7f, 0, 0, 1], layout.EncodeKey("0x7f 00 00 01"));
        Assert.Equal([1, 0, 0, 0], layout.EncodeKey("0x00000001"));
        Assert.Equal(new byte[] { 1, 2, 3, 4 }, layout.DecodeKey([1, 2, 3, 4]));
        Assert.Throws<ValueEncodingException>(() => layout.EncodeKey(1L << 32));
        Assert.Throws<ValueEncodingException>(() => layout.EncodeKey("0x7f 00"));
    }

    [Fact]
    public void What_the_kernel_puts_in_is_known()
    {
        using BpfMap programs = TestObjects.Map(BpfMapType.ProgArray, valueSize: 4, entries: 4);
        using BpfProgram program = TestObjects.SkMsg();
        programs.UpdateReference(BitConverter.GetBytes(2), program.GetInfo().Id);
        MapEntry entry = Assert.Single(programs.EnumerateEntries());
        MapLayout layout = MapLayout.Of(programs);
        Assert.Equal((2u, program.GetInfo().Id), (layout.DecodeKey(entry.Key), layout.DecodeValue(entry.Value)));

        using BpfMap sockets = TestObjects.Map(BpfMapType.SockMap);
        using TcpPair pair = new();
        sockets.UpdateDescriptor(BitConverter.GetBytes(3), pair.Client.SafeHandle);
        layout = MapLayout.Of(sockets);
        Assert.True(layout.HoldsCookies);
        entry = Assert.Single(sockets.EnumerateEntries());
        byte[] cookie = new byte[8];
        pair.Client.GetRawSocketOption(1, 57, cookie); // SOL_SOCKET, SO_COOKIE
        Assert.Equal((3u, BitConverter.ToUInt64(cookie)), (layout.DecodeKey(entry.Key), layout.DecodeValue(entry.Value)));
    }

    [Fact]
    public void A_sockhash_of_four_byte_values_lists_its_keys_alone()
    {
        using BpfMap sockets = TestObjects.Map(BpfMapType.SockHash, valueSize: 4);
        using TcpPair pair = new();
        sockets.UpdateDescriptor(BitConverter.GetBytes(3), pair.Client.SafeHandle);
        MapEntry entry = Assert.Single(sockets.EnumerateEntries());
        Assert.Equal([3, 0, 0, 0], entry.Key);
        Assert.Null(entry.Value);
        Assert.False(MapLayout.Of(sockets).HoldsCookies);
        Assert.Equal("ENOSPC", Assert.Throws<BpfException>(() => sockets.TryLookup(entry.Key, new byte[4])).ErrnoName);
    }

    [Fact]
    public void Storage_gets_types_of_its_own()
    {
        using BtfObject btf = StorageBtf.Load(12);
        using BpfMap map = BpfMap.Create(new()
        {
            Type = BpfMapType.SkStorage,
            KeySize = 4,
            ValueSize = 12,
            Flags = (uint)MapCreationRules.RequiredFlags(BpfMapType.SkStorage),
            Btf = btf,
            KeyTypeId = StorageBtf.KeyTypeId,
            ValueTypeId = StorageBtf.ValueTypeId,
        });
        MapLayout layout = MapLayout.Of(map);
        using TcpPair pair = new();
        byte[] key = layout.EncodeKey(pair.Client.SafeHandle.DangerousGetHandle().ToInt64());
        map.Update(key, layout.EncodeValue("01 02 03 04 05 06 07 08 09 0a 0b 0c"));
        byte[] value = new byte[12];
        Assert.True(map.TryLookup(key, value));
        Assert.Equal(Enumerable.Range(1, 12).Select(static number => (byte)number).ToArray(), layout.DecodeValue(value));
    }
}
