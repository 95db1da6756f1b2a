using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Maps as objects define them, in the real kernel: in the old style, nested, filled, pinned by name.</summary>
public sealed class DefinedMapTests : IDisposable
{
    private readonly TestBpfFileSystem _pins = new();

    public void Dispose() => _pins.Dispose();

    [Fact]
    public void Maps_in_the_old_style_work()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("legacy.bpf.o"));

        Assert.Equal(0u, loaded.Programs["counts"].Run(new byte[64]));
        Assert.Equal(1u, loaded.Programs["counts"].Run(new byte[64]));
        MapInfo plain = loaded.Maps["plain"].GetInfo();
        Assert.Equal((4, 8, 3u, 1u), (plain.KeySize, plain.ValueSize, plain.MaxEntries, plain.Flags));
        Assert.NotEqual(0u, plain.KeyTypeId);
        Assert.Equal(24, loaded.Maps["sockets"].KeySize);
    }

    [Fact]
    public void Maps_of_maps_hold_what_their_definitions_name()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("nested.bpf.o"), new BpfObjectOptions { Programs = ["looks"] });

        Assert.Equal([0u, 3u], FilledSlots(loaded.Maps["by_index"]));
        Assert.Equal(loaded.Maps["hidden"].GetInfo().Id, IdAt(loaded.Maps["by_index"], 3));
        Assert.Equal(loaded.Maps["second"].GetInfo().Id, IdAt(loaded.Maps["by_key"], 2));
        Assert.Empty(loaded.Maps["empty"].EnumerateKeys());
        loaded.Maps["second"].Update(0u, 40UL);
        Assert.Equal(40u, loaded.Programs["looks"].Run(new byte[64]));
        loaded.Maps["hidden"].TryLookup(0u, out ulong seen);
        Assert.Equal(5UL, seen);
    }

    [Fact]
    public void Programs_in_an_array_that_a_program_uses_are_loaded_with_it()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("nested.bpf.o"), new BpfObjectOptions { Programs = ["entry"] });

        Assert.Equal("entry seventh", string.Join(' ', loaded.Programs.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(77u, loaded.Programs["entry"].Run(new byte[64]));
        Assert.Equal(loaded.Programs["seventh"].GetInfo().Id, IdAt(loaded.Maps["calls"], 7));
        Assert.Equal(loaded.Programs["seventh"].GetInfo().Id, IdAt(loaded.Maps["unused"], 1));
    }

    [Fact]
    public void An_array_that_nobody_uses_asks_for_no_programs()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("nested.bpf.o"), new BpfObjectOptions { Programs = ["looks"] });

        Assert.Equal(["looks"], loaded.Programs.Keys);
        Assert.Equal(0u, IdAt(loaded.Maps["calls"], 7));
    }

    [Fact]
    public void A_map_of_maps_without_description_is_refused_by_name()
    {
        ObjectSpec spec = TestObjects.Read("nested.bpf.o");
        spec.Maps["empty"].InnerMap = null;

        Assert.Contains("map 'empty' of type HashOfMaps does not tell", Assert.Throws<BpfFormatException>(() => BpfObject.Load(spec)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_pinned_by_name_is_made_once_and_found_again()
    {
        BpfObjectOptions options = new() { Programs = [], MapPinDirectory = _pins.PathOf("made/on/the/way") };
        uint id;
        using (BpfObject first = BpfObject.Load(TestObjects.Read("maps.bpf.o"), options))
        {
            id = first.Maps["counters"].GetInfo().Id;
            first.Maps["counters"].Update(1UL, 2UL);
            Assert.Equal(_pins.PathOf("made/on/the/way/counters"), first.MapPins["counters"]);
            Assert.Single(first.MapPins);
        }

        using BpfObject second = BpfObject.Load(TestObjects.Read("maps.bpf.o"), options);
        Assert.Equal(id, second.Maps["counters"].GetInfo().Id);
        Assert.True(second.Maps["counters"].TryLookup(1UL, out ulong _));
    }

    [Fact]
    public void A_map_that_is_pinned_under_the_name_and_does_not_fit_is_refused_and_left()
    {
        using (BpfMap other = BpfMap.Create(new MapCreateRequest { Type = BpfMapType.Hash, KeySize = 8, ValueSize = 8, MaxEntries = 8, Flags = 1 }))
        {
            other.Pin(_pins.PathOf("counters"));
        }

        string message = Assert.Throws<MapMismatchException>(() => BpfObject.Load(TestObjects.Read("maps.bpf.o"), new BpfObjectOptions { MapPinDirectory = _pins.Root })).Message;
        Assert.Contains($"The map pinned at '{_pins.PathOf("counters")}' for 'counters' does not fit: its number of entries is 8, not 7.", message, StringComparison.Ordinal);
        Assert.True(BpfFileSystem.Exists(_pins.PathOf("counters")));
    }

    [Fact]
    public void Pins_are_made_under_the_names_without_dots()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("chain.bpf.o"), new BpfObjectOptions { Programs = ["insert", "redirect"] });
        loaded.Pin(_pins.PathOf("programs"), _pins.PathOf("maps"));

        Assert.Equal(["insert", "redirect"], Names("programs"));
        Assert.Equal(loaded.Maps.Keys.Select(n => n.Replace('.', '_')).Order(StringComparer.Ordinal), Names("maps"));
        Assert.Equal(_pins.PathOf("maps/chain_rodata"), loaded.MapPins["chain.rodata"]);
        using BpfProgram pinned = BpfProgram.OpenPinned(loaded.ProgramPins["insert"]);
        Assert.Equal(loaded.Programs["insert"].GetInfo().Id, pinned.GetInfo().Id);
    }

    [Fact]
    public void When_pinning_fails_nothing_stays_that_this_load_pinned()
    {
        BpfFileSystem.CreateDirectory(_pins.PathOf("programs"));
        using (BpfMap obstacle = BpfMap.Create(new MapCreateRequest { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 }))
        {
            obstacle.Pin(_pins.PathOf("programs/message"));
        }

        using BpfObject loaded = BpfObject.Load(TestObjects.Read("maps.bpf.o"), new BpfObjectOptions { Programs = ["connect4", "message"], MapPinDirectory = _pins.PathOf("maps") });
        Assert.Equal(["counters"], Names("maps"));

        Assert.Equal(Errno.EEXIST, Assert.Throws<BpfException>(() => loaded.Pin(_pins.PathOf("programs"), _pins.PathOf("maps"))).Errno);

        Assert.Equal(["message"], Names("programs"));
        Assert.False(BpfFileSystem.Exists(_pins.PathOf("maps")));
        Assert.Empty(loaded.MapPins);
    }

    [Fact]
    public void When_loading_fails_nothing_stays_pinned()
    {
        ObjectSpec spec = TestObjects.Read("maps.bpf.o");
        spec.Programs["connect4"].Retype(BpfProgramType.CgroupSockAddr, BpfAttachType.SkMsgVerdict);

        Assert.Throws<BpfException>(() => BpfObject.Load(spec, new BpfObjectOptions { Programs = ["connect4"], MapPinDirectory = _pins.PathOf("maps") }));

        Assert.False(BpfFileSystem.Exists(_pins.PathOf("maps")));
    }

    [Fact]
    public void Pins_go_to_a_bpffs_only()
    {
        using BpfObject loaded = BpfObject.Load(TestObjects.Read("calls.bpf.o"));

        Assert.Contains("'/tmp/not/there' is not a directory on a bpffs", Assert.Throws<ArgumentException>(() => loaded.Pin("/tmp/not/there", null)).Message, StringComparison.Ordinal);
        Assert.Contains("not an absolute path", Assert.Throws<ArgumentException>(() => loaded.Pin("relative", null)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/tmp/not"));
    }

    [Fact]
    public void A_name_in_the_object_leads_nowhere_else()
    {
        BpfFileSystem.CreateDirectory(_pins.PathOf("inside"));
        byte[] file = TestObjects.Bytes("maps.bpf.o");
        byte[] name = "counters\0"u8.ToArray();
        for (int at; (at = file.AsSpan().IndexOf(name)) >= 0;)
        {
            "../count\0"u8.CopyTo(file.AsSpan(at));
        }

        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            BpfObject.Load(ObjectSpec.Read(file, "traverses"), new BpfObjectOptions { Programs = [], MapPinDirectory = _pins.PathOf("inside") }));

        Assert.Contains("'../count' of the object cannot be the name of a pin", error.Message, StringComparison.Ordinal);
        Assert.False(BpfFileSystem.Exists(_pins.PathOf("count")));
    }

    private string[] Names(string directory) => [.. Directory.GetFiles(_pins.PathOf(directory)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static uint[] FilledSlots(BpfMap map) => [.. map.EnumerateKeys().Select(k => BitConverter.ToUInt32(k)).Where(i => IdAt(map, i) != 0)];

    // From user space such a map gives the id of what is in it.
    private static uint IdAt(BpfMap map, uint index)
    {
        byte[] id = new byte[4];
        return map.TryLookup(BitConverter.GetBytes(index), id) ? BitConverter.ToUInt32(id) : 0;
    }
}
