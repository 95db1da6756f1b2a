using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Loading;
using Sockmap.Bpf.Programs;
using Sockmap.Bpf.Tests.Loading;

namespace Sockmap.Bpf.Tests.Btf;

/// <summary>What is written for the kernel is loaded into the kernel. It takes old spellings as well as new ones.</summary>
public sealed class BtfEncodingTests
{
    public static TheoryData<string, string> Spellings()
    {
        TheoryData<string, string> data = [];
        foreach (string name in TestObjects.Names.Where(n => n is not "iproute2.bpf.o"))
        {
            foreach (string lacking in new[] { "nothing", "Functions", "GlobalFunctions", "DataSections", "Floats", "DeclarationTags", "TypeTags", "Enum64", "all" })
            {
                data.Add(name, lacking);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Spellings))]
    public void The_kernel_takes_every_object_in_every_spelling(string name, string lacking)
    {
        ObjectSpec spec = TestObjects.Read(name);
        BtfCapabilities kernel = new()
        {
            Functions = lacking is not ("Functions" or "all"),
            GlobalFunctions = lacking is not ("GlobalFunctions" or "all"),
            DataSections = lacking is not ("DataSections" or "all"),
            Floats = lacking is not ("Floats" or "all"),
            DeclarationTags = lacking is not ("DeclarationTags" or "all"),
            TypeTags = lacking is not ("TypeTags" or "all"),
            Enum64 = lacking is not ("Enum64" or "all"),
        };

        ReadOnlyMemory<byte> blob = spec.EncodeBtf(kernel);
        using BtfObject loaded = BtfObject.Load(blob.Span);

        Assert.Equal(blob.Length, (int)loaded.GetInfo().Size);
        HashSet<BtfKind> kinds = [.. BtfSpec.Parse(blob, name).Types().Select(t => t.Kind)];
        Assert.Equal(kernel.Functions && spec.Btf!.Types().Any(t => t.Kind == BtfKind.Function), kinds.Contains(BtfKind.Function));
        Assert.True(kernel.DataSections || !kinds.Overlaps([BtfKind.DataSection, BtfKind.Variable]));
        Assert.True(kernel.Floats || !kinds.Contains(BtfKind.Float));
        Assert.True(kernel.DeclarationTags || !kinds.Contains(BtfKind.DeclarationTag));
        Assert.True(kernel.TypeTags || !kinds.Contains(BtfKind.TypeTag));
        Assert.True(kernel.Enum64 || !kinds.Contains(BtfKind.Enum64));
    }

    [Fact]
    public void What_the_compiler_left_open_is_filled_in()
    {
        BtfSpec btf = TestObjects.Read("maps.bpf.o").Btf!;

        Assert.True(btf.TryFind(".maps", BtfKind.DataSection, out BtfType maps));
        Assert.Equal(232u, maps.Size);
        Assert.Equal(
            [("hidden_array", 0u), ("tails", 0x20u), ("sockets", 0x40u), ("counters", 0x60u), ("events", 0x90u), ("storage", 0xa0u), ("bloom", 0xc0u)],
            Enumerable.Range(0, maps.Count).Select(i => (btf.TypeById(maps.GetVariable(i).TypeId).Name, maps.GetVariable(i).Offset)));
        Assert.True(btf.TryFind(".data", BtfKind.DataSection, out BtfType data));
        Assert.Equal((12u, 0u, 8u), (data.Size, data.GetVariable(0).Offset, data.GetVariable(1).Offset));
    }

    [Fact]
    public void Externs_become_variables_that_the_kernel_takes()
    {
        BtfSpec btf = TestObjects.Read("kfuncs.bpf.o").Btf!;

        Assert.True(btf.TryFind(".ksyms", BtfKind.DataSection, out BtfType section));
        Assert.Equal((uint)section.Count * 4, section.Size);
        for (int i = 0; i < section.Count; i++)
        {
            BtfSectionVariable place = section.GetVariable(i);
            Assert.Equal(((uint)i * 4, 4u), (place.Offset, place.Size));
            Assert.Equal((BtfKind.Variable, BtfLinkage.Global), (btf.TypeById(place.TypeId).Kind, btf.TypeById(place.TypeId).Linkage));
        }

        Assert.True(btf.TryFind("bpf_rdonly_cast", BtfKind.Function, out BtfType function));
        Assert.Equal(BtfLinkage.Global, function.Linkage);
        Assert.All(Enumerable.Range(0, 2), i => Assert.NotEqual(0u, btf.TypeById(function.TypeId).GetParameter(i).NameOffset));
    }

    [Fact]
    public void Hidden_functions_become_static()
    {
        BtfSpec btf = TestObjects.Read("calls.bpf.o").Btf!;

        Assert.True(btf.TryFind("thrice", BtfKind.Function, out BtfType hidden));
        Assert.True(btf.TryFind("twice", BtfKind.Function, out BtfType global));
        Assert.Equal((BtfLinkage.Static, BtfLinkage.Global), (hidden.Linkage, global.Linkage));
    }
}
