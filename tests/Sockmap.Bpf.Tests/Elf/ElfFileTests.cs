using Sockmap.Bpf.Elf;
using Sockmap.Bpf.Tests.Loading;

namespace Sockmap.Bpf.Tests.Elf;

public sealed class ElfFileTests
{
    [Fact]
    public void Reads_sections_symbols_and_relocations_as_readelf_shows_them()
    {
        ElfFile elf = ElfFile.Parse(TestObjects.Bytes("maps.bpf.o"), "maps");

        ElfSection code = elf.FindSection("sk_msg")!;
        Assert.True(code.IsCode);
        Assert.Equal(376u, code.Size);
        Assert.Equal(9, elf.RelocationsOf(code).Count);
        Assert.All(elf.RelocationsOf(code), r => Assert.Equal(1u, r.Type));
        ElfSymbol tails = elf.Symbols.Single(s => s.Name == "tails");
        Assert.Equal((0x20UL, 32UL, ElfSymbolType.Object, ElfSymbolBinding.Global), (tails.Value, tails.Size, tails.Type, tails.Binding));
        Assert.Equal(".maps", elf.Sections[tails.SectionIndex].Name);
        ElfSection zeros = elf.FindSection(".bss")!;
        Assert.Equal((ElfSectionType.NoBits, 16UL, 0), (zeros.Type, zeros.Size, zeros.Data.Length));
    }

    [Fact]
    public void Knows_externs_and_hidden_symbols()
    {
        ElfFile kfuncs = ElfFile.Parse(TestObjects.Bytes("kfuncs.bpf.o"), "kfuncs");
        ElfFile calls = ElfFile.Parse(TestObjects.Bytes("calls.bpf.o"), "calls");

        Assert.True(kfuncs.Symbols.Single(s => s.Name == "bpf_rdonly_cast").IsExtern);
        Assert.Equal(ElfSymbolBinding.Weak, kfuncs.Symbols.Single(s => s.Name == "bpf_weak_never").Binding);
        Assert.False(kfuncs.Symbols.Single(s => s.Name == "good").IsExtern);
        Assert.True(calls.Symbols.Single(s => s.Name == "thrice").IsHidden);
        Assert.False(calls.Symbols.Single(s => s.Name == "twice").IsHidden);
    }

    [Theory]
    [InlineData(0, 0x7e, "not an ELF file")]
    [InlineData(4, 1, "not a 64-bit little-endian")]
    [InlineData(5, 2, "not a 64-bit little-endian")]
    [InlineData(16, 2, "not a relocatable object")]
    [InlineData(18, 62, "not for BPF")]
    [InlineData(62, 255, "section names")]
    [InlineData(47, 127, "section header table")]
    [InlineData(58, 63, "headers of 63 bytes")]
    public void Refuses_a_wrong_header_and_says_what_is_wrong(int at, byte value, string expected)
    {
        byte[] file = TestObjects.Bytes("maps.bpf.o");
        file[at] = value;

        BpfFormatException error = Assert.Throws<BpfFormatException>(() => ElfFile.Parse(file, "broken.o"));
        Assert.Contains("'broken.o'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal("broken.o", error.ObjectName);
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        byte[] file = TestObjects.Bytes("calls.bpf.o");

        // The section headers are at the end, so that every cut hits them.
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Throws<BpfFormatException>(() => ElfFile.Parse(file.AsMemory(0, length), "cut.o"));
        }
    }
}
