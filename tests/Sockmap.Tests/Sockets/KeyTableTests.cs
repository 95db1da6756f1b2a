using Sockmap.Sockets;

namespace Sockmap.Tests.Sockets;

public sealed class KeyTableTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(64UL)]
    [InlineData(1UL << 32)]
    [InlineData(0x9E3779B185EBCA87UL)]
    public void EachKeyHasItsNumber(ulong step)
    {
        const int Count = 50_000;
        KeyTable table = new();
        for (int i = 1; i <= Count; i++)
        {
            table.Set((ulong)i * step, i % 7);
        }

        Assert.Equal(Count, table.Count);
        Assert.Equal(Enumerable.Range(1, Count).Select(static i => i % 7), Enumerable.Range(1, Count).Select(i => table.Find((ulong)i * step)));
        Assert.Equal(-1, table.Find((ulong)(Count + 1) * step));
    }

    [Fact]
    public void AKeysNumberCanBeAnother()
    {
        KeyTable table = new();
        Assert.Equal(-1, table.Find(5));
        table.Set(5, 0);
        table.Set(5, 9);

        Assert.Equal((9, 1), (table.Find(5), table.Count));
    }
}
