using Sockmap.Bpf.Pinning;
using Sockmap.Bpf.Tests.Kernel;

namespace Sockmap.Bpf.Tests.Pinning;

public sealed class DirectoryLockTests : IDisposable
{
    private readonly TestBpfFileSystem bpffs = new();

    public void Dispose() => bpffs.Dispose();

    [Fact]
    public void One_holds_it_and_the_next_gets_it_afterwards()
    {
        using (DirectoryLock first = DirectoryLock.Acquire(bpffs.Root, TimeSpan.Zero, TestContext.Current.CancellationToken))
        {
            TimeoutException exception = Assert.Throws<TimeoutException>(() => DirectoryLock.Acquire(bpffs.Root, TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));
            Assert.Contains($"'{first.Path}'", exception.Message, StringComparison.Ordinal);
        }

        DirectoryLock.Acquire(bpffs.Root, TimeSpan.Zero, TestContext.Current.CancellationToken).Dispose();
    }

    [Fact]
    public void Whoever_waits_gets_it_when_it_is_free()
    {
        DirectoryLock first = DirectoryLock.Acquire(bpffs.Root, TimeSpan.Zero, TestContext.Current.CancellationToken);
        Thread other = new(() => DirectoryLock.Acquire(bpffs.Root, Timeout.InfiniteTimeSpan).Dispose());
        other.Start();
        first.Dispose();
        other.Join();
    }

    [Fact]
    public void Cancellation_ends_the_wait()
    {
        using DirectoryLock first = DirectoryLock.Acquire(bpffs.Root, TimeSpan.Zero, TestContext.Current.CancellationToken);
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(30));
        Assert.Throws<OperationCanceledException>(() => DirectoryLock.Acquire(bpffs.Root, Timeout.InfiniteTimeSpan, source.Token));
    }

    [Fact]
    public void A_directory_must_be_there() =>
        Assert.Equal("ENOENT", Assert.Throws<BpfException>(() => DirectoryLock.Acquire(bpffs.PathOf("none"), TimeSpan.Zero, TestContext.Current.CancellationToken)).ErrnoName);
}
