using Sockmap.Bpf.Maps;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Maps;

/// <summary>The rules against the kernel: what they let pass it takes, what they refuse it refuses.</summary>
public sealed class MapCreationRulesTests
{
    private static readonly int[] Sizes = [0, 1, 3, 4, 5, 8, 16, 260, 261, 512, 513];

    public static TheoryData<BpfMapType> Types() => [.. Enum.GetValues<BpfMapType>()
        .Where(static type => type is > BpfMapType.Unspec and < BpfMapType.InsnArray and not BpfMapType.StructOps)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_can_be_created_with_the_sizes_that_it_has(BpfMapType type)
    {
        using BpfMap inner = TestObjects.Map(BpfMapType.Array);
        using BtfObject btf = StorageBtf.Load(8);
        MapCreateRequest request = Request(
            type,
            MapCreationRules.OnlyKeySize(type) ?? 8,
            MapCreationRules.OnlyValueSize(type) ?? (type is BpfMapType.CpuMap or BpfMapType.DevMap or BpfMapType.DevMapHash ? 4 : 8),
            inner,
            btf);
        MapCreationRules.ThrowIfBroken(request);
        using BpfMap map = BpfMap.Create(request);
        Assert.Equal(type, map.Type);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void The_kernel_refuses_what_the_rules_refuse(BpfMapType type)
    {
        using BpfMap inner = TestObjects.Map(BpfMapType.Array);
        int refused = 0;
        foreach ((int key, int value) in Sizes.SelectMany(static key => Sizes.Select(value => (key, value))))
        {
            using BtfObject? btf = value > 0 ? StorageBtf.Load(value) : null;
            MapCreateRequest request = Request(type, key, value, inner, btf);
            int created = BpfMap.CreateOnce(request, named: true);
            if (created >= 0)
            {
                using Sockmap.Bpf.Interop.SafeBpfHandle handle = Sockmap.Bpf.Interop.SafeBpfHandle.Adopt(created);
                MapCreationRules.ThrowIfBroken(request);
            }
            else
            {
                MapRuleException exception = Assert.Throws<MapRuleException>(() => MapCreationRules.ThrowIfBroken(request));
                Assert.Contains($"{type}", exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.True(refused > 0);
    }

    [Fact]
    public void The_rules_of_the_talk_are_told()
    {
        Assert.Contains("keys of 4 bytes, an index", Fault(BpfMapType.SockMap, 8, 8), StringComparison.Ordinal);
        Assert.Contains("Use SockHash", Fault(BpfMapType.SockMap, 8, 8), StringComparison.Ordinal);
        string value = Fault(BpfMapType.SockMap, 4, 2);
        Assert.Contains("values of 4 or 8 bytes; 2 were asked for", value, StringComparison.Ordinal);
        Assert.Contains("Use 8: a lookup from user space then gives the socket's cookie", value, StringComparison.Ordinal);
        Assert.Contains("1 to 512 bytes", Fault(BpfMapType.SockHash, 513, 8), StringComparison.Ordinal);
        Assert.Contains("at least 1 entry", Fault(BpfMapType.SockHash, 4, 8, entries: 0), StringComparison.Ordinal);
        Assert.Contains(".struct_ops", Fault(BpfMapType.StructOps, 4, 8), StringComparison.Ordinal);
        Assert.Contains("choose one", Fault(BpfMapType.Unspec, 4, 8), StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_flags_and_parts_are_looked_at()
    {
        Assert.Contains("power of two", Fault(BpfMapType.RingBuf, 0, 0, entries: 5000), StringComparison.Ordinal);
        Assert.Contains("Leave -MaxEntries out", Fault(BpfMapType.SkStorage, 4, 8, entries: 1, flags: BpfMapFlags.NoPrealloc), StringComparison.Ordinal);
        Assert.Contains("must have BTF", Fault(BpfMapType.SkStorage, 4, 8, entries: 0, flags: BpfMapFlags.NoPrealloc), StringComparison.Ordinal);
        Assert.Contains("must have the flag NoPrealloc", Fault(BpfMapType.LpmTrie, 8, 8), StringComparison.Ordinal);
        Assert.Contains("leave the flag NoPrealloc out", Fault(BpfMapType.LruHash, 4, 8, flags: BpfMapFlags.NoPrealloc), StringComparison.Ordinal);
        Assert.Contains("not both", Fault(BpfMapType.Hash, 4, 8, flags: BpfMapFlags.RdonlyProg | BpfMapFlags.WronlyProg), StringComparison.Ordinal);
        Assert.Contains("Give -InnerMap", Fault(BpfMapType.HashOfMaps, 4, 4), StringComparison.Ordinal);
        using BpfMap inner = TestObjects.Map(BpfMapType.Array);
        using BpfMap outer = BpfMap.Create(new() { Type = BpfMapType.HashOfMaps, KeySize = 4, ValueSize = 4, MaxEntries = 1, InnerMap = inner });
        Assert.Contains("cannot hold maps of maps", Fault(BpfMapType.ArrayOfMaps, 4, 4, inner: outer), StringComparison.Ordinal);
        Assert.Contains("holds no maps", Fault(BpfMapType.Hash, 4, 4, inner: inner), StringComparison.Ordinal);
        Assert.Contains("multiple of 8", Fault(BpfMapType.StackTrace, 4, 12), StringComparison.Ordinal);
        Assert.Contains("at most 32768", Fault(BpfMapType.PercpuArray, 4, 40_000), StringComparison.Ordinal);
    }

    private static MapCreateRequest Request(BpfMapType type, int key, int value, BpfMap inner, BtfObject? btf)
    {
        bool isStorage = type is BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage;
        return new MapCreateRequest
        {
            Name = "rules",
            Type = type,
            KeySize = key,
            ValueSize = value,
            MaxEntries = isStorage || type is BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage ? 0
                : type is BpfMapType.RingBuf or BpfMapType.UserRingBuf ? (uint)Environment.SystemPageSize : 1,
            Flags = (uint)MapCreationRules.RequiredFlags(type),
            InnerMap = type is BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps ? inner : null,
            Btf = isStorage ? btf : null,
            KeyTypeId = isStorage && btf is not null ? StorageBtf.KeyTypeId : 0,
            ValueTypeId = isStorage && btf is not null ? StorageBtf.ValueTypeId : 0,
        };
    }

    private static string Fault(BpfMapType type, int key, int value, uint entries = 1, BpfMapFlags flags = BpfMapFlags.None, BpfMap? inner = null) =>
        Assert.Throws<MapRuleException>(() => MapCreationRules.ThrowIfBroken(new()
        {
            Type = type,
            KeySize = key,
            ValueSize = value,
            MaxEntries = entries,
            Flags = (uint)flags,
            InnerMap = inner,
        })).Message;
}
