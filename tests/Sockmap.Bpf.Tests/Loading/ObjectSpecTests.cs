using Sockmap.Bpf.Elf;
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
        string iproute2 = Assert.Throws<BpfFormatException>(() => TestObjects.Read("iproute2.bpf.o")).Message;
        Assert.Contains("'shared'", iproute2, StringComparison.Ordinal);
        Assert.Contains("iproute2's struct bpf_elf_map", iproute2, StringComparison.Ordinal);
    }

    [Fact]
    public void Maps_in_the_old_style_are_read_with_their_annotated_types()
    {
        ObjectSpec spec = TestObjects.Read("legacy.bpf.o");

        Assert.Equal("longer plain sockets", string.Join(' ', spec.Maps.Keys.Order(StringComparer.Ordinal)));
        MapSpec plain = spec.Maps["plain"];
        Assert.Equal((BpfMapType.Hash, 4u, 8u, 3u, 1u), (plain.Type, plain.KeySize, plain.ValueSize, plain.MaxEntries, plain.Flags));
        Assert.Equal(("int", "__u64"), (spec.Btf!.TypeById(plain.KeyTypeId).Name, spec.Btf.TypeById(plain.ValueTypeId).Name));
        Assert.Equal((BpfMapType.Array, 4u, 4u, 2u, 0u), (spec.Maps["longer"].Type, spec.Maps["longer"].KeySize, spec.Maps["longer"].ValueSize, spec.Maps["longer"].MaxEntries, spec.Maps["longer"].Flags));
        Assert.Equal((BpfMapType.SockHash, 24u, 4u, 65535u, 0u), (spec.Maps["sockets"].Type, spec.Maps["sockets"].KeySize, spec.Maps["sockets"].ValueSize, spec.Maps["sockets"].MaxEntries, spec.Maps["sockets"].KeyTypeId));
    }

    [Fact]
    public void Old_definitions_of_other_lengths_and_contents_are_refused()
    {
        byte[] file = TestObjects.Bytes("legacy.bpf.o");
        ElfFile elf = ElfFile.Parse(file, "legacy");
        ElfSymbol longer = elf.Symbols.Single(s => s.Name == "longer");
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(elf.FindSection("maps")!.Data, out ArraySegment<byte> maps));

        byte[] withMore = [.. file];
        withMore[maps.Offset + (int)longer.Value + 35] = 1;
        Assert.Contains("'longer' is defined in SEC(\"maps\") with iproute2's struct bpf_elf_map", Assert.Throws<BpfFormatException>(() => ObjectSpec.Read(withMore, "x")).Message, StringComparison.Ordinal);

        byte[] withoutType = [.. file];
        withoutType[maps.Offset + (int)longer.Value] = 0;
        Assert.Contains("'longer' has no type", Assert.Throws<BpfFormatException>(() => ObjectSpec.Read(withoutType, "x")).Message, StringComparison.Ordinal);

        byte[] tooShort = [.. file];
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(elf.FindSection(".symtab")!.Data, out ArraySegment<byte> symbols));
        tooShort[symbols.Offset + (longer.Index * 24) + 16] = 16;
        Assert.Contains("'longer' is defined by 16 bytes", Assert.Throws<BpfFormatException>(() => ObjectSpec.Read(tooShort, "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Maps_of_maps_and_program_arrays_tell_what_they_hold_from_the_start()
    {
        ObjectSpec spec = TestObjects.Read("nested.bpf.o");

        MapSpec byIndex = spec.Maps["by_index"];
        Assert.Equal((BpfMapType.ArrayOfMaps, 4u, 4u), (byIndex.Type, byIndex.KeySize, byIndex.ValueSize));
        Assert.Equal((BpfMapType.Array, 4u, 8u, 1u), (byIndex.InnerMap!.Type, byIndex.InnerMap.KeySize, byIndex.InnerMap.ValueSize, byIndex.InnerMap.MaxEntries));
        Assert.Equal("0 first, 3 hidden", Slots(byIndex));
        Assert.Equal("2 second", Slots(spec.Maps["by_key"]));
        Assert.Equal(("", BpfMapType.Hash, 9u), (Slots(spec.Maps["empty"]), spec.Maps["empty"].InnerMap!.Type, spec.Maps["empty"].InnerMap!.MaxEntries));
        Assert.Equal("7 seventh", Slots(spec.Maps["calls"]));
        Assert.Null(spec.Maps["calls"].InnerMap);

        static string Slots(MapSpec map) => string.Join(", ", map.InitialValues.Select(v => $"{v.Key} {v.Value}"));
    }

    [Fact]
    public void A_program_can_be_given_another_type()
    {
        ProgramSpec program = TestObjects.Read("targets.bpf.o").Programs["untyped"];

        program.Retype(BpfProgramType.SkMsg);
        Assert.Equal((BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict, false), (program.Type, program.ExpectedAttachType, program.NeedsAttachTypeId));
        program.Retype(BpfProgramType.CgroupSockAddr);
        Assert.Null(program.ExpectedAttachType);
        program.Retype(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Connect);
        program.Retype(BpfProgramType.CgroupSockAddr);
        Assert.Equal(BpfAttachType.CgroupInet4Connect, program.ExpectedAttachType);
        program.Retype(BpfProgramType.Lsm);
        Assert.True(program.NeedsAttachTypeId);
    }

    [Fact]
    public void A_device_or_a_file_that_is_too_large_is_not_read()
    {
        Assert.Contains("not an ELF file", Assert.Throws<BpfFormatException>(() => ObjectSpec.ReadFile("/dev/zero")).Message, StringComparison.Ordinal);
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.OpenWrite(path))
            {
                file.SetLength(1L << 31);
            }

            Assert.Contains("2147483648 bytes", Assert.Throws<BpfFormatException>(() => ObjectSpec.ReadFile(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
