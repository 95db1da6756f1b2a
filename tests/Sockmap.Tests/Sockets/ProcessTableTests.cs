using System.Net.Sockets;
using Sockmap.Sockets;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Sockets;

public sealed class ProcessTableTests
{
    [Theory]
    [InlineData(SocketSource.Iterator)]
    [InlineData(SocketSource.Proc)]
    public void EverySharerOfASocketIsFoundOnce(SocketSource source)
    {
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(5, listener.LocalEndPoint);

        // A second descriptor in the shell, and both in a child.
        int child = int.Parse(shell.Run("exec 6<&5; sleep 1000 & echo -n $!"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(TestKit.Patience.Until(() => File.ReadAllText($"/proc/{child}/comm") == "sleep\n"));
        HeldSocket socket = Listing.One(shell.Id, 5);

        ProcessTable table = ProcessTable.Read(new SocketReadOptions { Source = source });

        SocketProcess[] expected = [new(shell.Id, "bash"), new(child, "sleep")];
        Assert.Equal(source, table.Source);
        Assert.Equal(expected, table.Find(socket.Cookie, socket.Inode).OrderBy(process => process.Id));
        Assert.Equal(source == SocketSource.Proc ? expected : [], table.Find(0, socket.Inode).OrderBy(process => process.Id));
        Assert.Empty(table.Find(socket.Cookie, 0));
        HeldSocket own = Listing.One(Environment.ProcessId, Listing.Descriptor(listener));
        Assert.Equal([Environment.ProcessId], table.Find(own.Cookie, own.Inode).Select(process => process.Id));
    }

    [Fact]
    public void AnotherSocketOfTheSameInodeNumberIsNotMistaken()
    {
        using Socket listener = LocalConnection.Listen();
        HeldSocket own = Listing.One(Environment.ProcessId, Listing.Descriptor(listener));
        ProcessTable table = ProcessTable.Read(new SocketReadOptions { Source = SocketSource.Iterator });

        Assert.Empty(table.Find(own.Cookie + 1, own.Inode));
    }

    [Fact]
    public void OnlySocketsInASockmapAreTakenWhenAskedFor()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection outside = new(listener);
        using TestKit.Placement.CgroupVisit visit = TestKit.Placement.CgroupVisit.To(bypass.Cgroup);
        using LocalConnection inside = new(listener);
        HeldSocket taken = Listing.One(Environment.ProcessId, Listing.Descriptor(inside.Client));
        HeldSocket free = Listing.One(Environment.ProcessId, Listing.Descriptor(outside.Client));

        ProcessTable table = ProcessTable.Read(new SocketReadOptions { Source = SocketSource.Iterator, InSockmapOnly = true });

        Assert.True(taken.IsInSockmap);
        Assert.False(free.IsInSockmap);
        Assert.Single(table.Find(taken.Cookie, taken.Inode));
        Assert.Empty(table.Find(free.Cookie, free.Inode));
    }
}
