namespace Sockmap.Bpf.Tests.Loading;

/// <summary>Damaged files give errors that say so, and nothing else.</summary>
public sealed class MutationTests
{
    private const int Rounds = 200;

    public static TheoryData<string> Objects() => [.. TestObjects.Names];

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_anywhere(string name) => Flip(name, seed: 1, file => (0, file.Length));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_types(string name) => Flip(name, seed: 2, file => Mutator.Place(file, ".BTF"));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_relocations(string name) => Flip(name, seed: 3, file => Mutator.Place(file, ".BTF.ext"));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_symbols(string name) => Flip(name, seed: 4, file => Mutator.Place(file, ".symtab"));

    [Theory]
    [MemberData(nameof(Objects))]
    public Task Flipped_bytes_in_the_section_headers(string name) => Flip(name, seed: 5, Mutator.SectionHeaders);

    [Theory]
    [InlineData("legacy.bpf.o", "maps")]
    [InlineData("iproute2.bpf.o", "maps")]
    [InlineData("nested.bpf.o", ".maps")]
    [InlineData("nested.bpf.o", ".rel.maps")]
    public Task Flipped_bytes_in_the_maps(string name, string section) => Flip(name, seed: 6, file => Mutator.Place(file, section));

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task Damage_of_all_kinds(string name)
    {
        byte[] original = TestObjects.Bytes(name);
        Mutator mutator = new(seed: 7);
        for (int round = 0; round < Rounds; round++)
        {
            await DamagedObject.Use(mutator.Mutate(original, TestObjects.Bytes(TestObjects.Names[round % TestObjects.Names.Count])), TestContext.Current.CancellationToken);
        }
    }

    private static async Task Flip(string name, int seed, Func<byte[], (int Start, int Length)> choose)
    {
        byte[] original = TestObjects.Bytes(name);
        (int start, int length) = choose(original);
        Assert.True(length > 0, $"{name} has no such part.");
        Mutator mutator = new(seed);
        for (int round = 0; round < Rounds; round++)
        {
            await DamagedObject.Use(mutator.FlipBytes(original, start, length), TestContext.Current.CancellationToken);
        }
    }
}
