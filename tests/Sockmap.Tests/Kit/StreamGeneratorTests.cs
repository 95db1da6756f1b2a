using Sockmap.Traffic.Options;
using Sockmap.Traffic.Streams;

namespace Sockmap.Tests.Kit;

public sealed class StreamGeneratorTests
{
    [Fact]
    public void AnyCutGivesTheSameBytes()
    {
        var generator = new StreamGenerator(7, 40000, Direction.Up);
        byte[] whole = new byte[200];
        generator.Fill(1000, whole);
        for (int start = 0; start < 24; start++)
        {
            for (int length = 0; length < 40; length++)
            {
                byte[] part = new byte[length];
                generator.Fill(1000 + start, part);
                Assert.Equal(whole[start..(start + length)], part);
            }
        }
    }

    [Fact]
    public void StreamsDiffer()
    {
        byte[] Of(ulong seed, int port, Direction direction)
        {
            byte[] bytes = new byte[64];
            new StreamGenerator(seed, port, direction).Fill(0, bytes);
            return bytes;
        }

        byte[][] all = [Of(1, 2, Direction.Up), Of(1, 2, Direction.Down), Of(1, 3, Direction.Up), Of(2, 2, Direction.Up)];
        Assert.Equal(4, all.Select(Convert.ToHexString).Distinct(StringComparer.Ordinal).Count());
        Assert.All(all, bytes => Assert.True(bytes.Distinct().Count() > 32));
    }

    [Fact]
    public void FindsBytesWhereTheyAre()
    {
        var generator = new StreamGenerator(7, 40000, Direction.Up);
        byte[] bytes = new byte[16];
        generator.Fill(3_000_017, bytes);
        Assert.Equal(3_000_017, generator.Find(bytes, 0, 4 << 20));
        Assert.Null(generator.Find(bytes, 3_000_018, 4 << 20));
        Assert.Null(new StreamGenerator(8, 40000, Direction.Up).Find(bytes, 0, 4 << 20));
    }
}
