using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Entries;
using Sockmap.Sockets;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Support;

namespace Sockmap.Tests.Sockets;

public sealed class ForeignDescriptorTests
{
    private const int Descriptor = 5;

    [Fact]
    public void TheCopyIsTheOtherProcesssSocket()
    {
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(Descriptor, listener.LocalEndPoint);
        using Socket server = listener.Accept();
        HeldSocket held = Listing.One(shell.Id, Descriptor);

        using (SafeSocketDescriptor copy = ForeignDescriptor.Open(shell.Id, Descriptor, held.Cookie))
        {
            Assert.Equal(held.Cookie, SocketQuery.GetCookie(copy));
            Assert.Equal(held.NetworkNamespaceCookie, SocketQuery.GetNetworkNamespaceCookie(copy));
            Assert.Equal(server.RemoteEndPoint, SocketQuery.GetLocalEndPoint(copy));
            Assert.Equal(server.LocalEndPoint, SocketQuery.GetRemoteEndPoint(copy));
            Assert.Equal(ProtocolType.Tcp, SocketQuery.GetProtocol(copy));
            Assert.Equal(SocketType.Stream, SocketQuery.GetSocketType(copy));
            Assert.Equal(SocketState.Established, SocketQuery.GetState(copy));
        }

        // Closing the copy leaves the other process's connection and its options alone.
        shell.Run($"echo -n hello >&{Descriptor}");
        Assert.Equal("hello"u8.ToArray(), LocalConnection.Read(server, 5));
        shell.Run($"exec {Descriptor}>&-");
        Assert.Equal(0, server.Receive(new byte[1]));
    }

    [Fact]
    public void ADescriptorThatWasUsedAgainIsNotMistaken()
    {
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(Descriptor, listener.LocalEndPoint);
        ulong cookie = Listing.One(shell.Id, Descriptor).Cookie;

        shell.Run($"exec {Descriptor}>&-");
        AssertFails(SocketAccessError.DescriptorClosed, Errno.EBADF, shell.Id, cookie);
        shell.Connect(Descriptor, listener.LocalEndPoint);
        AssertFails(SocketAccessError.DescriptorReused, 0, shell.Id, cookie);
        shell.Run($"exec {Descriptor}</dev/null");
        AssertFails(SocketAccessError.DescriptorReused, 0, shell.Id, cookie);
    }

    [Fact]
    public void AProcessThatDiedIsSaidSo()
    {
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(Descriptor, listener.LocalEndPoint);
        ulong cookie = Listing.One(shell.Id, Descriptor).Cookie;
        int id = shell.Id;
        shell.Dispose();

        AssertFails(SocketAccessError.ProcessNotFound, Errno.ESRCH, id, cookie);
    }

    [Fact]
    public void AnOwnDescriptorIsDuplicated()
    {
        using Socket listener = LocalConnection.Listen();
        ulong cookie = SocketQuery.GetCookie(listener.SafeHandle);

        using (SafeSocketDescriptor copy = ForeignDescriptor.Open(Environment.ProcessId, Listing.Descriptor(listener), cookie))
        {
            Assert.NotEqual(listener.Handle, copy.DangerousGetHandle());
            Assert.Equal(cookie, SocketQuery.GetCookie(copy));
            Assert.Equal(SocketState.Listen, SocketQuery.GetState(copy));
            Assert.Null(SocketQuery.GetRemoteEndPoint(copy));
        }

        int descriptor = Listing.Descriptor(listener);
        listener.Close();
        SocketAccessException e = Assert.Throws<SocketAccessException>(() => ForeignDescriptor.Open(Environment.ProcessId, descriptor, cookie));
        Assert.True(e.Error is SocketAccessError.DescriptorClosed or SocketAccessError.DescriptorReused, e.Message);
    }

    [Fact]
    public void MappedAddressesAreGivenAsIPv4AndUnixSocketsHaveNone()
    {
        using Socket listener = Listing.Listen(IPAddress.IPv6Any);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        using Socket server = listener.Accept();
        using Socket unix = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        Assert.Equal(client.LocalEndPoint, SocketQuery.GetRemoteEndPoint(server.SafeHandle));
        Assert.Equal(client.RemoteEndPoint, SocketQuery.GetLocalEndPoint(server.SafeHandle));
        Assert.Null(SocketQuery.GetLocalEndPoint(unix.SafeHandle));
        Assert.Null(SocketQuery.GetRemoteEndPoint(unix.SafeHandle));
    }

    [Fact]
    public void WithoutThePrivilegeTheErrorNamesIt() =>
        ChildRun.Run("setpriv", ["--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"], nameof(ChildTests.ForeignDescriptorWithoutCapabilities));

    private static void AssertFails(SocketAccessError error, int errno, int process, ulong cookie)
    {
        SocketAccessException e = Assert.Throws<SocketAccessException>(() => ForeignDescriptor.Open(process, Descriptor, cookie));
        Assert.True(e.Error == error, e.Message);
        Assert.Equal(errno, e.Errno);
        Assert.Contains(process.ToString(System.Globalization.CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
    }
}
