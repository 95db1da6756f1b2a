using System.Net;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Redirects;
using Sockmap.Sockets;
using Sockmap.TestKit;
using Sockmap.Tests.Bypasses;
using Sockmap.Tests.Sockets;

namespace Sockmap.Tests.Redirects;

/// <summary>What is refused, before anything is changed; and sockets of other processes.</summary>
public sealed class RedirectRefusalTests
{
    public static TheoryData<SockmapRedirectMode, RedirectSocketKind, RedirectSocketKind> Unsupported
    {
        get
        {
            TheoryData<SockmapRedirectMode, RedirectSocketKind, RedirectSocketKind> data = [];
            foreach (RedirectCombination cell in RedirectTable.All.Where(cell => !cell.IsSupported && !cell.From.IsVsock() && !cell.To.IsVsock()))
            {
                data.Add(cell.Mode, cell.From, cell.To);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void WhatCannotWorkIsRefusedWithTheReason(SockmapRedirectMode mode, RedirectSocketKind from, RedirectSocketKind to)
    {
        using RedirectPlace place = new(mode, from, to);
        BypassException error = Assert.Throws<BypassException>(() => place.Create());
        Assert.Equal(BypassError.RedirectUnsupported, error.Error);
        Assert.Contains(RedirectTable.Find(mode, from, to).Reason, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(place.BpfFileSystem.Path));
    }

    [Fact]
    public void ASocketIsNotRedirectedToItself()
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToEgress);
        using RedirectEnd one = RedirectEnd.Of(place.From.Inner), same = RedirectEnd.Of(place.From.Inner);
        BypassException error = Assert.Throws<BypassException>(() => place.Manager.Create(new RedirectSettings { Mode = place.Mode }, one, same, TestContext.Current.CancellationToken));
        Assert.Equal(BypassError.RedirectUnsupported, error.Error);
    }

    [Fact]
    public void SocketsHaveToBeConnected()
    {
        using RedirectPlace place = new(SockmapRedirectMode.IngressToEgress);
        using Socket listener = LocalConnection.Listen();
        using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        foreach (Socket socket in new[] { listener, udp })
        {
            using RedirectEnd end = RedirectEnd.Of(socket.SafeHandle), other = RedirectEnd.Of(place.To.Inner);
            foreach ((RedirectEnd from, RedirectEnd to) in new[] { (end, other), (other, end) })
            {
                BypassException error = Assert.Throws<BypassException>(() => place.Manager.Create(new RedirectSettings { Mode = place.Mode }, from, to, TestContext.Current.CancellationToken));
                Assert.Equal(BypassError.SocketNotSuitable, error.Error);
            }
        }
    }

    [Fact]
    public void ASocketOfAnotherProcessIsFound()
    {
        const int Descriptor = 7;
        using RedirectPlace place = new(SockmapRedirectMode.IngressToLocal);
        using Socket listener = LocalConnection.Listen();
        using Shell shell = new();
        shell.Connect(Descriptor, listener.LocalEndPoint);
        using Socket server = listener.Accept();
        ulong inode = Listing.One(shell.Id, Descriptor).Inode;
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        using (RedirectEnd byPort = RedirectEnd.Find(shell.Id, port: port), byDescriptor = RedirectEnd.Find(shell.Id, descriptor: Descriptor), byInode = RedirectEnd.Find(shell.Id, inode: inode))
        {
            Assert.Equal(byPort.Cookie, byDescriptor.Cookie);
            Assert.Equal(byPort.Cookie, byInode.Cookie);
            using RedirectEnd to = RedirectEnd.Of(place.To.Inner);
            place.Manager.Create(new RedirectSettings { Mode = place.Mode }, byPort, to, TestContext.Current.CancellationToken);
        }

        server.Send("from afar"u8);
        Assert.Equal("from afar"u8, RedirectPlace.Receive(place.Exit, 9));
        Assert.Equal([shell.Id], place.Get().FromProcessId);
        Assert.True(place.Remove().IsComplete);
        Assert.Equal(SocketAccessError.DescriptorClosed, Assert.Throws<SocketAccessException>(() => RedirectEnd.Find(shell.Id, port: 1)).Error);
        Assert.Equal(SocketAccessError.DescriptorClosed, Assert.Throws<SocketAccessException>(() => RedirectEnd.Find(int.MaxValue)).Error);
    }

    [Fact]
    public void ASourceInABypassIsRefusedWithTheWayOut()
    {
        Assert.SkipWhen(Machine.Missing is not null, Machine.Missing ?? string.Empty);
        using InstalledBypass bypass = new();
        bypass.Install();
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        ulong cookie = SocketQuery.GetCookie(connection.Client.SafeHandle);
        ConnectionCandidate candidate = bypass.Manager.FindCandidates(BypassSettings.DefaultName, matchingOnly: false).Single(candidate => candidate.Cookie == cookie);
        Assert.Null(Assert.Single(bypass.Manager.AddConnections(BypassSettings.DefaultName, [candidate], TestContext.Current.CancellationToken)).Error);

        RedirectManager manager = new(new BypassManagerOptions { BpfFileSystem = bypass.BpfFileSystem.Path });
        using RedirectEnd inside = RedirectEnd.Of(connection.Client.SafeHandle), to = RedirectEnd.Of(place.To.Inner), from = RedirectEnd.Of(place.From.Inner);
        foreach (SockmapRedirectMode mode in Enum.GetValues<SockmapRedirectMode>())
        {
            BypassException error = Assert.Throws<BypassException>(() => manager.Create(new RedirectSettings { Mode = mode }, inside, to, TestContext.Current.CancellationToken));
            Assert.Equal(BypassError.SocketTaken, error.Error);
            Assert.Contains("Remove-SockmapEntry", error.Message, StringComparison.Ordinal);
        }

        // A bypass that is not ours to see, on another bpffs, shows by the kernel's word.
        BypassException busy = Assert.Throws<BypassException>(() => place.Manager.Create(new RedirectSettings { Mode = SockmapRedirectMode.SendToLocal }, inside, to, TestContext.Current.CancellationToken));
        Assert.Equal(BypassError.SocketTaken, busy.Error);
        Assert.Empty(place.Manager.List());

        // As a target it may be in one.
        manager.Create(new RedirectSettings { Mode = SockmapRedirectMode.SendToLocal }, from, inside, TestContext.Current.CancellationToken);
        RedirectPlace.Send(place.From.Inner, "more"u8);
        Assert.Equal("more"u8, RedirectPlace.Receive(connection.Client.SafeHandle, 4));
        connection.Server.Send("both"u8);
        Assert.Equal("both"u8, RedirectPlace.Receive(connection.Client.SafeHandle, 4));
    }

    [Fact]
    public void WhatAProcessThatDiedHalfWayLeftIsTakenAway()
    {
        using RedirectPlace place = new(SockmapRedirectMode.SendToLocal);
        SockmapRedirect made = place.Create();
        Directory.Move(made.Path, Path.Combine(Path.GetDirectoryName(made.Path)!, "~" + made.Name));
        Assert.Empty(place.Manager.List());
        Assert.Equal("redirect-1", place.Create().Name);
        RedirectPlace.Send(place.Entrance, "anew"u8);
        Assert.Equal("anew"u8, RedirectPlace.Receive(place.Exit, 4));
        Assert.Single(Directory.GetDirectories(Path.GetDirectoryName(made.Path)!));
    }
}
