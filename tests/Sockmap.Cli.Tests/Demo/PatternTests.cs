using Sockmap.Cli.Demo;

namespace Sockmap.Cli.Tests.Demo;

/// <summary>A check that cannot fail proves nothing: each way in which a stream can be wrong is found.</summary>
public sealed class PatternTests
{
    public static TheoryData<int> Sizes => [64, 4096, 65536];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_right_stream_passes_however_it_is_cut(int size)
    {
        byte[] stream = Stream(3 * size);
        for (int at = 0, length = 1; at < stream.Length; at += length)
        {
            length = Math.Min(Math.Min((length * 3) + 1, Pattern.MaxLength), stream.Length - at);
            Pattern.Check(stream.AsSpan(at, length), at);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Two_blocks_that_swapped_places_are_found(int size)
    {
        byte[] stream = Stream(3 * size);
        Assert.Throws<DemoException>(() => Pattern.Check(stream.AsSpan(2 * size, size), size));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_block_that_comes_twice_is_found(int size)
    {
        byte[] stream = Stream(size);
        Assert.Throws<DemoException>(() => Pattern.Check(stream, size));
    }

    [Fact]
    public void A_flipped_bit_is_found_and_its_position_named()
    {
        byte[] stream = Stream(1000);
        stream[777] ^= 1;
        DemoException error = Assert.Throws<DemoException>(() => Pattern.Check(stream.AsSpan(500), 500));
        Assert.StartsWith("Byte 777 ", error.Message);
    }

    private static byte[] Stream(int length)
    {
        byte[] stream = new byte[length];
        for (int at = 0; at < length; at += Pattern.MaxLength)
        {
            int count = Math.Min(Pattern.MaxLength, length - at);
            Pattern.At(at, count).CopyTo(stream.AsSpan(at));
        }

        return stream;
    }
}
