using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

public sealed class ObjectSpecTests
{
    [Fact]
    public void Programs_carry_what_their_sections_say()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");

        Assert.Equal(("maps", "GPL"), (spec.Name, spec.License));
        Assert.Equal("connect4 list message other verdict", string.Join(' ', spec.Programs.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal((BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict, true), (spec.Programs["message"].Type, spec.Programs["message"].ExpectedAttachType, spec.Programs["message"].LoadByDefault));
        Assert.Equal(("sockmap", true), (spec.Programs["list"].AttachTarget, spec.Programs["list"].NeedsAttachTypeId));
        Assert.Equal((BpfProgramType.SkSkb, false, "sk_skb/stream_verdict"), (spec.Programs["verdict"].Type, spec.Programs["verdict"].LoadByDefault, spec.Programs["verdict"].SectionName));
        Assert.Equal(BpfProgramType.Unspec, spec.Programs["other"].Type);
    }

    [Fact]
    public void Maps_carry_what_their_definitions_say()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");

        MapSpec sockets = spec.Maps["sockets"];
        Assert.Equal((BpfMapType.SockHash, 8u, 8u, 100u, 0u, 0u), (sockets.Type, sockets.KeySize, sockets.ValueSize, sockets.MaxEntries, sockets.KeyTypeId, sockets.ValueTypeId));
        MapSpec counters = spec.Maps["counters"];
        Assert.Equal((BpfMapType.Hash, 8u, 8u, 7u, 1u, true), (counters.Type, counters.KeySize, counters.ValueSize, counters.MaxEntries, counters.Flags, counters.PinByName));
        Assert.Equal(("key", "value"), (spec.Btf!.TypeById(counters.KeyTypeId).Name, spec.Btf.TypeById(counters.ValueTypeId).Name));
        MapSpec events = spec.Maps["events"];
        Assert.Equal((BpfMapType.RingBuf, 0u, 0u, 4096u), (events.Type, events.KeySize, events.ValueSize, events.MaxEntries));
        MapSpec tails = spec.Maps["tails"];
        Assert.Equal((BpfMapType.ProgArray, 4u, 4u, 2u), (tails.Type, tails.KeySize, tails.ValueSize, tails.MaxEntries));
        MapSpec storage = spec.Maps["storage"];
        Assert.Equal((BpfMapType.SkStorage, 4u, 8u, 1u, false), (storage.Type, storage.KeySize, storage.ValueSize, storage.Flags, storage.KeyTypeId == 0));
        MapSpec bloom = spec.Maps["bloom"];
        Assert.Equal((BpfMapType.BloomFilter, 0u, 8u, 5UL, 0u), (bloom.Type, bloom.KeySize, bloom.ValueSize, bloom.Extra, bloom.NumaNode));
        Assert.Null(counters.NumaNode);
    }

    [Fact]
    public void Global_data_becomes_maps_named_and_flagged_as_libbpf_does()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");

        // Seen with libbpf 1.1: bpftool prog loadall maps.bpf.o, bpftool map.
        Assert.Equal(".rodata.custom maps.bss maps.data maps.rodata", string.Join(' ', spec.Maps.Values.Where(m => m.DataSection is not null).Select(m => m.Name).Order(StringComparer.Ordinal)));
        MapSpec constants = spec.Maps["maps.rodata"];
        Assert.Equal((BpfMapType.Array, 4u, 24u, 1u, 0x480u, true), (constants.Type, constants.KeySize, constants.ValueSize, constants.MaxEntries, constants.Flags, constants.Frozen));
        Assert.Equal(5, constants.InitialContents![0]);
        Assert.Equal(".rodata", spec.Btf!.TypeById(constants.ValueTypeId).Name);
        MapSpec zeros = spec.Maps["maps.bss"];
        Assert.Equal((16u, 0x400u, false), (zeros.ValueSize, zeros.Flags, zeros.Frozen));
        Assert.All(zeros.InitialContents!, b => Assert.Equal(0, b));
    }

    [Theory]
    [InlineData("my_object_name", ".rodata", "my_objec.rodata")]
    [InlineData("my_object_name", ".bss", "my_objec.bss")]
    [InlineData("my_object_name", ".data", "my_objec.data")]
    [InlineData("x", ".rodata", "x.rodata")]
    [InlineData("my_object_name", ".rodata.abracadabra", ".rodata.abracad")]
    [InlineData("a-b", ".bss", "a_b.bss")]
    public void Names_of_data_maps(string objectName, string section, string expected) =>
        Assert.Equal(expected, MapSpecReader.DataMapName(objectName, section));

    [Fact]
    public void Variables_are_set_and_read_by_name()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");

        Assert.Equal(5u, BitConverter.ToUInt32(spec.GetVariable("config")));
        Assert.Equal(77UL, BitConverter.ToUInt64(spec.GetVariable("started")));
        Assert.Equal(9u, BitConverter.ToUInt32(spec.GetVariable("local_one")));
        Assert.Equal([1, 2, 3], spec.GetVariable("custom"));
        spec.SetVariable("config", BitConverter.GetBytes(4711u));
        spec.SetVariable("limits", [.. BitConverter.GetBytes((ushort)7), .. BitConverter.GetBytes((ushort)8), 0, 0, 0, 0, .. BitConverter.GetBytes(9UL)]);
        Assert.Equal(4711u, BitConverter.ToUInt32(spec.GetVariable("config")));
        Assert.Equal(4711u, BitConverter.ToUInt32(spec.Maps["maps.rodata"].InitialContents));
        Assert.Equal(9, spec.Maps["maps.rodata"].InitialContents![16]);
        Assert.Equal(5u, BitConverter.ToUInt32(TestObjects.Read("maps.bpf.o").GetVariable("config")));
    }

    [Fact]
    public void A_variable_of_another_size_or_name_is_refused_with_both_sizes()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");

        string size = Assert.Throws<ArgumentException>(() => spec.SetVariable("config", new byte[8])).Message;
        Assert.Contains("'config' has 4 bytes, 8 were given", size, StringComparison.Ordinal);
        string name = Assert.Throws<ArgumentException>(() => spec.GetVariable("confug")).Message;
        Assert.Contains("no global variable 'confug'", name, StringComparison.Ordinal);
        Assert.Contains("config", name, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_supported_is_refused_by_name()
    {
        Assert.Contains("SEC(\"maps\")", Assert.Throws<BpfFormatException>(() => TestObjects.Read("legacy.bpf.o")).Message, StringComparison.Ordinal);
        string nested = Assert.Throws<BpfFormatException>(() => TestObjects.Read("nested.bpf.o")).Message;
        Assert.Contains("'filled'", nested, StringComparison.Ordinal);
        Assert.Contains("'values'", nested, StringComparison.Ordinal);
    }
}
