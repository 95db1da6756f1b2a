using Sockmap.Proof;

namespace Sockmap.Tests.Proof;

/// <summary>A check that cannot fail proves nothing: each way in which a stream can be wrong is found.</summary>
public sealed class CheckedBytesTests
{
    public static TheoryData<int> Sizes => [64, 4096, 65536];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_right_stream_passes_however_it_is_cut(int size)
    {
        byte[] stream = Stream(3 * size);
        for (int at = 0, length = 1; at < stream.Length; at += length)
        {
            length = Math.Min(Math.Min((length * 3) + 1, CheckedBytes.MaxLength), stream.Length - at);
            Assert.Equal(length, CheckedBytes.CountRight(stream.AsSpan(at, length), at));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Two_blocks_that_swapped_places_are_found(int size)
    {
        byte[] stream = Stream(3 * size);
        Assert.InRange(CheckedBytes.CountRight(stream.AsSpan(2 * size, size), size), 0, size - 1);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_block_that_comes_twice_is_found(int size)
    {
        byte[] stream = Stream(size);
        Assert.InRange(CheckedBytes.CountRight(stream, size), 0, size - 1);
    }

    [Fact]
    public void A_flipped_bit_is_found_where_it_is()
    {
        byte[] stream = Stream(1000);
        stream[777] ^= 1;
        Assert.Equal(277, CheckedBytes.CountRight(stream.AsSpan(500), 500));
    }

    private static byte[] Stream(int length)
    {
        byte[] stream = new byte[length];
        for (int at = 0; at < length; at += CheckedBytes.MaxLength)
        {
            int count = Math.Min(CheckedBytes.MaxLength, length - at);
            CheckedBytes.At(at, count).CopyTo(stream.AsSpan(at));
        }

        return stream;
    }
}
