using Sockmap.Bpf.Btf;
using Sockmap.Bpf.Elf;
using Sockmap.Bpf.Loading;

namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Damaged files give errors that say so, and nothing else.</summary>
public sealed class MutationTests
{
    private const int Rounds = 400;

    // Not how fast it should be: what a hang would exceed.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Objects() => [.. TestObjects.Names];

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_anywhere(string name) => Try(name, seed: 1, file => (0, file.Length));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_types(string name) => Try(name, seed: 2, file => Place(file, ".BTF"));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_relocations(string name) => Try(name, seed: 3, file => Place(file, ".BTF.ext"));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_symbols(string name) => Try(name, seed: 4, file => Place(file, ".symtab"));

    private static (int Start, int Length) Place(byte[] file, string section)
    {
        ElfSection found = ElfFile.Parse(file, "whole").FindSection(section)!;
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(found.Data, out ArraySegment<byte> segment));
        return (segment.Offset, segment.Count);
    }

    private static async Task Try(string name, int seed, Func<byte[], (int Start, int Length)> choose)
    {
        byte[] original = TestObjects.Bytes(name);
        (int start, int length) = choose(original);
        Random random = new(seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] file = [.. original];
            for (int flips = random.Next(1, 5); flips > 0; flips--)
            {
                // Counts and offsets are often small numbers, so that small ones are tried as often as any.
                file[start + random.Next(length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)random.Next(8);
            }

            await Task.Run(() => UseAll(file), TestContext.Current.CancellationToken).WaitAsync(Hang, TestContext.Current.CancellationToken);
        }
    }

    private static void UseAll(byte[] file)
    {
        try
        {
            ObjectSpec spec = ObjectSpec.Read(file, "mutant");
            if (spec.Btf is not null)
            {
                _ = spec.EncodeBtf(BtfCapabilities.All);
                _ = spec.EncodeBtf(new BtfCapabilities { Functions = false, DataSections = false, Enum64 = false, TypeTags = false, DeclarationTags = false, Floats = false });
            }

            ProgramLinker linker = TestObjects.Linker(spec, TestObjects.Kernel, _ => null);
            foreach (string program in spec.Programs.Keys)
            {
                try
                {
                    _ = linker.Link(program);
                }
                catch (Exception error) when (error is BpfFormatException or BpfRelocationException)
                {
                    Assert.NotEmpty(error.Message);
                }
            }
        }
        catch (BpfFormatException error)
        {
            Assert.Contains("'mutant'", error.Message, StringComparison.Ordinal);
        }
    }
}
