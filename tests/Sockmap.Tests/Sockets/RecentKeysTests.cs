using Sockmap.Sockets;

namespace Sockmap.Tests.Sockets;

public sealed class RecentKeysTests
{
    [Fact]
    public void TheLastKeysAreKnownAndOlderOnesForgotten()
    {
        RecentKeys<int> keys = new();
        for (int key = 0; key < 5 * RecentKeys<int>.Capacity; key++)
        {
            Assert.True(keys.Add(key));
            Assert.False(keys.Add(key));
            Assert.False(keys.Add(Math.Max(0, key - RecentKeys<int>.Capacity + 1)));
        }

        int last = (5 * RecentKeys<int>.Capacity) - 1;
        Assert.True(keys.Add(last - RecentKeys<int>.Capacity));
        Assert.False(keys.Add(last));
    }
}
