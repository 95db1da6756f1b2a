using System.Text.Json;
using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Inspection;
using Sockmap.Bpf.Links;
using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Inspection;

/// <summary>Listings against bpftool, which is another program's view of the same kernel.</summary>
public sealed class BpfInventoryTests(InspectedObjects objects) : IClassFixture<InspectedObjects>
{
    [Fact]
    public void Every_field_of_every_program_is_that_of_bpftool()
    {
        Bpftool.Require();
        JsonElement tool = Bpftool.Json("-f", "prog", "show");
        Dictionary<uint, ProgramRecord> ours = new BpfInventory().Programs().ToDictionary(static record => record.Id);
        HashSet<string> fields = new(StringComparer.Ordinal);
        foreach (JsonElement expected in tool.EnumerateArray())
        {
            // Others' programs may come and go.
            if (ours.TryGetValue(expected.GetProperty("id").GetUInt32(), out ProgramRecord? record))
            {
                fields.UnionWith(FieldComparison.AssertAllEqual(WithoutCutName(expected, record), record));
            }
        }

        string[] shown = ["id", "type", "name", "tag", "gpl_compatible", "loaded_at", "uid", "bytes_xlated", "jited", "bytes_jited", "bytes_memlock", "map_ids", "btf_id", "pinned"];
        Assert.Empty(shown.Except(fields, StringComparer.Ordinal));
        ProgramRecord pinned = ours[objects.SkMsg.GetInfo().Id];
        Assert.Equal([objects.Pins.PathOf("below/again"), objects.Pins.PathOf("verdict")], pinned.Pinned.Order(StringComparer.Ordinal));
        Assert.Equal(2u, pinned.VerifiedInsns);
        Assert.False(pinned.Orphaned);
    }

    [Fact]
    public void Every_field_of_every_map_is_that_of_bpftool()
    {
        Bpftool.Require();
        Dictionary<uint, MapRecord> ours = new BpfInventory().Maps().ToDictionary(static record => record.Id);
        HashSet<string> fields = new(StringComparer.Ordinal);

        // One by one: in a listing bpftool 7.1 shows some fields of the map before.
        foreach (BpfMap map in new[] { objects.SockHash, objects.SockMap, objects.Array, objects.ProgArray, objects.Loaded.Maps["counted"] })
        {
            uint id = map.GetInfo().Id;
            fields.UnionWith(FieldComparison.AssertAllEqual(Bpftool.Json("-f", "map", "show", "id", $"{id}"), ours[id]));
        }

        string[] shown = ["id", "type", "name", "flags", "bytes_key", "bytes_value", "max_entries", "bytes_memlock", "frozen", "btf_id", "owner_prog_type", "owner_jited", "pinned"];
        Assert.Empty(shown.Except(fields, StringComparer.Ordinal));
        MapRecord array = ours[objects.Array.GetInfo().Id];
        Assert.True(array.Frozen);
        Assert.Equal((BpfMapType.Array, 4u, 24u, 7u), (array.Type, array.BytesKey, array.BytesValue, array.MaxEntries));
        Assert.Equal(BpfProgramType.SkMsg, ours[objects.ProgArray.GetInfo().Id].OwnerProgType);
    }

    [Fact]
    public void Every_field_of_every_link_is_that_of_bpftool()
    {
        Bpftool.Require();
        JsonElement tool = Bpftool.Json("-f", "link", "show");
        Dictionary<uint, LinkRecord> ours = new BpfInventory().Links().ToDictionary(static record => record.Id);
        HashSet<string> fields = new(StringComparer.Ordinal);
        foreach (JsonElement expected in tool.EnumerateArray())
        {
            if (ours.TryGetValue(expected.GetProperty("id").GetUInt32(), out LinkRecord? record))
            {
                fields.UnionWith(FieldComparison.AssertAllEqual(expected, record));
            }
        }

        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "id", "type", "prog_id", "cgroup_id", "attach_type", "pinned" }, fields);

        // This bpftool may be too old to decode it.
        LinkRecord sockmap = ours[objects.SockmapLink.GetInfo().Id];
        Assert.Equal(
            (BpfLinkType.Sockmap, (uint?)objects.SockMap.GetInfo().Id, (BpfAttachType?)BpfAttachType.SkMsgVerdict, "test_msg"),
            (sockmap.Type, sockmap.MapId, sockmap.AttachType, sockmap.ProgName));
    }

    [Fact]
    public void Every_field_of_every_btf_object_is_that_of_bpftool()
    {
        Bpftool.Require();
        JsonElement tool = Bpftool.Json("btf", "show");
        Dictionary<uint, BtfRecord> ours = new BpfInventory().BtfObjects().ToDictionary(static record => record.Id);
        HashSet<string> fields = new(StringComparer.Ordinal);
        foreach (JsonElement expected in tool.EnumerateArray())
        {
            if (ours.TryGetValue(expected.GetProperty("id").GetUInt32(), out BtfRecord? record))
            {
                fields.UnionWith(FieldComparison.AssertAllEqual(expected, record));
            }
        }

        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "id", "size", "prog_ids", "map_ids", "kernel", "name" }, fields);
        Assert.Contains(ours.Values, static record => record is { Name: "vmlinux", Kernel: true });
        uint program = objects.Loaded.Programs.Values.First().GetInfo().Id;
        Assert.Contains(ours.Values, record => record.ProgIds.Contains(program));
    }

    [Fact]
    public void Holders_are_the_processes_that_have_the_object_open()
    {
        uint map = objects.SockHash.GetInfo().Id;
        MapRecord record = new BpfInventory().Map(map);
        Assert.Equal([Environment.ProcessId], record.Pids);
        Assert.Equal([File.ReadAllText("/proc/self/comm").TrimEnd('\n')], record.Commands);
        Assert.Empty(new BpfInventory(new() { FindHolders = false }).Map(map).Pids);
    }

    [Fact]
    public void Looking_at_an_object_does_not_make_a_holder_of_us()
    {
        uint vmlinux = new BpfInventory().BtfObjects().Single(static record => record.Name == "vmlinux").Id;
        Assert.DoesNotContain(Environment.ProcessId, new BpfInventory().BtfObject(vmlinux).Pids);
    }

    [Fact]
    public void The_iterator_and_proc_agree_on_holders()
    {
        HolderTable iterator = HolderTable.FromIterator();
        HolderTable proc = HolderTable.FromProc();
        (ObjectKind Kind, uint Id)[] wanted =
        [
            (ObjectKind.Map, objects.SockHash.GetInfo().Id),
            (ObjectKind.Program, objects.SkMsg.GetInfo().Id),
            (ObjectKind.Link, objects.CgroupLink.GetInfo().Id),
        ];
        Assert.All(wanted, key =>
        {
            Assert.Equal([Environment.ProcessId], iterator[key.Kind, key.Id].Pids);
            Assert.Equivalent(iterator[key.Kind, key.Id], proc[key.Kind, key.Id]);
        });
        using BtfObject btf = BtfObject.OpenById(objects.Loaded.Programs.Values.First().GetInfo().BtfId);
        Assert.Contains(Environment.ProcessId, iterator[ObjectKind.Btf, btf.GetInfo().Id].Pids);
        Assert.Contains(Environment.ProcessId, proc[ObjectKind.Btf, btf.GetInfo().Id].Pids);
    }

    [Fact]
    public void A_listing_does_not_show_what_it_took_to_list()
    {
        Assert.DoesNotContain(new BpfInventory().Programs(), static record => record.Name == "holders");
    }

    [Fact]
    public void A_file_that_is_named_like_an_object_is_none()
    {
        string path = Path.Combine(Path.GetTempPath(), "bpf-map");
        using (FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose))
        {
            Assert.Equal([Environment.ProcessId], new BpfInventory().Map(objects.SockHash.GetInfo().Id).Pids);
        }
    }

    [Fact]
    public void A_program_whose_name_is_cut_has_its_whole_name()
    {
        ProgramRecord[] records = [.. objects.Loaded.Programs.Values.Select(program => new BpfInventory().Program(program.GetInfo().Id))];
        Assert.Equal(objects.Loaded.Programs.Keys.Order(StringComparer.Ordinal), records.Select(static record => record.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Objects_that_go_away_while_they_are_listed_are_left_out()
    {
        BpfMap[] maps = [.. Enumerable.Range(0, 50).Select(static i => TestObjects.Map(BpfMapType.Array, name: $"gone_{i}"))];
        uint first = maps[0].GetInfo().Id;
        uint[] ids = [.. maps.Select(static map => map.GetInfo().Id)];
        List<uint> seen = [];
        foreach (MapRecord record in new BpfInventory(new() { FindHolders = false }).Maps())
        {
            seen.Add(record.Id);
            if (record.Id == first)
            {
                foreach (BpfMap map in maps.Where(static (_, index) => index % 2 == 1))
                {
                    map.Dispose();
                }

                // A map is freed after a grace period, its id a little before that.
                Assert.True(SpinWait.SpinUntil(() => !BpfMap.EnumerateIds().Contains(ids[1]), TimeSpan.FromSeconds(10)));
            }
        }

        Array.ForEach(maps, static map => map.Dispose());
        Assert.Equal(ids.Where(static (_, index) => index % 2 == 0), seen.Where(ids.Contains));
    }

    [Fact]
    public void An_id_that_is_not_there_is_one_clear_error()
    {
        BpfException failure = Assert.Throws<BpfException>(static () => new BpfInventory().Program(uint.MaxValue));
        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Contains("no program with id 4294967295", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pin_of_another_type_is_one_clear_error()
    {
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => new BpfInventory().PinnedMap(objects.Pins.PathOf("verdict")));
        Assert.Contains("is not a pinned map, it is a pinned program", failure.Message, StringComparison.Ordinal);
        Assert.Equal(objects.SkMsg.GetInfo().Id, new BpfInventory().PinnedProgram(objects.Pins.PathOf("verdict")).Id);
        Assert.Equal(objects.CgroupLink.GetInfo().Id, new BpfInventory().PinnedLink(objects.Pins.PathOf("below/link")).Id);
    }

    [Fact]
    public void Pins_are_found_with_what_they_hold()
    {
        PinRecord[] pins = [.. new BpfInventory().Pins().Where(pin => pin.BpfFileSystem == objects.Pins.Root).OrderBy(static pin => pin.Path, StringComparer.Ordinal)];
        Assert.Equal(["array", "below/again", "below/link", "verdict"], pins.Select(pin => Path.GetRelativePath(objects.Pins.Root, pin.Path)));
        Assert.Equal([ObjectKind.Map, ObjectKind.Program, ObjectKind.Link, ObjectKind.Program], pins.Select(static pin => pin.Kind));
        Assert.Equal(["Array", "SkMsg", "Cgroup", "SkMsg"], pins.Select(static pin => pin.Type));
        Assert.Equal(["inspect_array", "test_msg", "test_ops", "test_msg"], pins.Select(static pin => pin.Name));
        Assert.Equal(pins[0], new BpfInventory().Pin(pins[0].Path));
    }

    [Fact]
    public void An_iterator_link_tells_its_target()
    {
        Assert.True(BtfSpec.LoadKernel().TryFind("bpf_iter_sockmap", BtfKind.Function, out BtfType type));
        using BpfProgram program = BpfProgram.Load(new()
        {
            Name = "inspect_iter",
            Type = BpfProgramType.Tracing,
            ExpectedAttachType = BpfAttachType.TraceIter,
            AttachBtfId = type.Id,
            Instructions = Insn.Return(0),
        });
        using BpfLink link = BpfLink.CreateIterator(program, objects.SockHash);
        LinkRecord record = new BpfInventory().Link(link.GetInfo().Id);
        Assert.Equal((BpfLinkType.Iter, "sockmap", (uint?)objects.SockHash.GetInfo().Id), (record.Type, record.TargetName, record.MapId));
    }

    private static JsonElement WithoutCutName(JsonElement expected, ProgramRecord record)
    {
        // bpftool writes whole names since 5.18 too; one that is cut must be the beginning of ours.
        string name = expected.TryGetProperty("name", out JsonElement value) ? value.GetString()! : "";
        Assert.StartsWith(name, record.Name, StringComparison.Ordinal);
        return name == record.Name
            ? expected
            : JsonSerializer.SerializeToElement(expected.EnumerateObject().Where(static member => member.Name != "name").ToDictionary(static member => member.Name, static member => member.Value, StringComparer.Ordinal));
    }
}
