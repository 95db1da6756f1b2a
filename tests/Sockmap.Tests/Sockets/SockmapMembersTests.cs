using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf;
using Sockmap.Bpf.Maps;
using Sockmap.Entries;
using Sockmap.Sockets;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Sockets;

public sealed class SockmapMembersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(512)]
    public void AForeignSockHashIsListedWhateverItsKeys(int keySize)
    {
        using BpfMap map = Create(BpfMapType.SockHash, keySize, sizeof(ulong), 16);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        byte[] clientKey = [.. Enumerable.Range(1, keySize).Select(i => (byte)i)];
        byte[] serverKey = [.. Enumerable.Range(100, keySize).Select(i => (byte)i)];
        map.UpdateDescriptor(clientKey, connection.Client.SafeHandle);
        map.UpdateDescriptor(serverKey, connection.Server.SafeHandle);

        foreach (SocketSource source in Enum.GetValues<SocketSource>())
        {
            List<SockmapMember> members = Read(map, source);

            Assert.Equal(2, members.Count);
            SockmapMember client = members.Single(member => member.KeyBytes.AsSpan().SequenceEqual(clientKey));
            Assert.Equal(clientKey, client.Key);
            Assert.Equal(connection.Client.LocalEndPoint, new IPEndPoint(client.LocalAddress!, client.LocalPort));
            Assert.Equal(connection.Client.RemoteEndPoint, new IPEndPoint(client.RemoteAddress!, client.RemotePort));
            Assert.Equal(SocketState.Established, client.State);
            Assert.True(client.IsInSockmap);
            HeldSocket held = Listing.One(Environment.ProcessId, Listing.Descriptor(connection.Client));
            Assert.Equal(Listing.Facts(held), Listing.Facts(client));
            Assert.Equal(SocketQuery.GetCookie(connection.Server.SafeHandle), members.Single(member => member != client).Cookie);
        }
    }

    [Theory]
    [InlineData(sizeof(ulong))]
    [InlineData(sizeof(uint))]
    public void AForeignSockMapIsListedByItsIndexes(int valueSize)
    {
        using BpfMap map = Create(BpfMapType.SockMap, sizeof(uint), valueSize, 1000);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        map.UpdateDescriptor(BitConverter.GetBytes(999), connection.Client.SafeHandle);
        map.UpdateDescriptor(BitConverter.GetBytes(3), listener.SafeHandle);

        List<SockmapMember> members = Read(map, SocketSource.Iterator);

        Assert.Equal([3u, 999u], members.Select(member => Assert.IsType<uint>(member.Key)));
        Assert.Equal([SocketState.Listen, SocketState.Established], members.Select(member => member.State));
        if (valueSize == sizeof(ulong))
        {
            Assert.Equal(members.Select(member => (member.Key, Listing.Facts(member))), Read(map, SocketSource.Proc).Select(member => (member.Key, Listing.Facts(member))));
        }
        else
        {
            Assert.Equal(SocketAccessError.KernelUnsupported, Assert.Throws<SocketAccessException>(() => Read(map, SocketSource.Proc)).Error);
        }
    }

    [Fact]
    public void KeysOfASockHashOfFourByteValuesAreListedWithTheirSocketsByTheIteratorOnly()
    {
        using BpfMap map = Create(BpfMapType.SockHash, 2, sizeof(uint), 16);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        map.UpdateDescriptor([7, 8], connection.Client.SafeHandle);

        Assert.Equal(SocketQuery.GetCookie(connection.Client.SafeHandle), Assert.Single(Read(map, SocketSource.Iterator)).Cookie);
        SockmapMember plain = Assert.Single(Read(map, SocketSource.Proc));
        Assert.Equal([7, 8], plain.KeyBytes);
        Assert.Equal(0UL, plain.Cookie);
        Assert.Null(plain.LocalAddress);
    }

    [Fact]
    public void UdpAndUnixSocketsAreListedToo()
    {
        using BpfMap map = Create(BpfMapType.SockHash, sizeof(uint), sizeof(ulong), 16);
        using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string path = Path.Combine(Path.GetTempPath(), TestKit.TestNames.Next("unix"));
        using Socket unix = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        unix.Bind(new UnixDomainSocketEndPoint(path));
        map.UpdateDescriptor([1, 0, 0, 0], udp.SafeHandle);
        map.UpdateDescriptor([2, 0, 0, 0], unix.SafeHandle);

        foreach (SocketSource source in Enum.GetValues<SocketSource>())
        {
            List<SockmapMember> members = Read(map, source);
            SockmapMember first = members.Single(member => member.KeyBytes[0] == 1);
            SockmapMember second = members.Single(member => member.KeyBytes[0] == 2);

            Assert.Equal(udp.LocalEndPoint, new IPEndPoint(first.LocalAddress!, first.LocalPort));
            Assert.Equal(ProtocolType.Udp, first.Protocol);
            Assert.Equal(AddressFamily.Unix, second.Family);
            Assert.Null(second.LocalAddress);
            Assert.Equal(SocketQuery.GetCookie(unix.SafeHandle), second.Cookie);
            Assert.NotEqual(0UL, second.Inode);
        }
    }

    [Fact]
    public void EveryKeyOfALargeMapIsListedOnce()
    {
        const int Count = 1500;
        using BpfMap map = Create(BpfMapType.SockHash, sizeof(uint), sizeof(ulong), Count);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);

        // One socket under many keys: the listing is about the keys.
        for (int i = 0; i < Count; i++)
        {
            map.UpdateDescriptor(BitConverter.GetBytes(i), connection.Client.SafeHandle);
        }

        List<SockmapMember> members = Read(map, SocketSource.Iterator);

        Assert.Equal(Enumerable.Range(0, Count), members.Select(member => BitConverter.ToInt32(member.KeyBytes)).Order());
    }

    [Fact]
    public void QueuedBytesAreCountedInABypasssSockHash()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send(new byte[1234]);
        Assert.Equal(1234UL, bypass.Status.BytesRedirected);
        using BpfMap map = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "sockhash"));

        List<SockmapMember> members = Read(map, SocketSource.Iterator);

        SockmapMember server = members.Single(member => member.Cookie == SocketQuery.GetCookie(connection.Server.SafeHandle));
        Assert.Equal(2, members.Count);
        Assert.Equal(1234u, server.QueuedBytes);
        Assert.Equal(0u, members.Single(member => member != server).QueuedBytes);
        Assert.Equal(
            members.Select(member => Listing.Facts(member)).Order(),
            Read(map, SocketSource.Proc).Select(member => Listing.Facts(member)).Order());
    }

    [Fact]
    public void AMapOfAnotherTypeIsRefused()
    {
        using BpfMap map = Create(BpfMapType.Hash, 4, 4, 1);
        Assert.Throws<ArgumentException>(() => SockmapMembers.Read(map));
    }

    private static BpfMap Create(BpfMapType type, int keySize, int valueSize, uint entries) => BpfMap.Create(new MapCreateRequest
    {
        Name = "foreign",
        Type = type,
        KeySize = keySize,
        ValueSize = valueSize,
        MaxEntries = entries,
    });

    private static List<SockmapMember> Read(BpfMap map, SocketSource source)
    {
        using SocketListing<SockmapMember> listing = SockmapMembers.Read(map, new SocketReadOptions { Source = source });
        Assert.Equal(source, listing.Source);
        return [.. listing];
    }
}
