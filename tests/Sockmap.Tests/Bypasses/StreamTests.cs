using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Entries;
using Sockmap.Statistics;
using Sockmap.TestKit;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses;

/// <summary>Sockets whose messages TCP carries better leave by themselves, and nothing of what is sent is lost by that.</summary>
public sealed class StreamTests
{
    [Theory]
    [EachVariant]
    public void ASocketThatIsBetterOffOnTcpLeavesWithoutLosingAByteAndCanBeAddedAgain(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant, KeepSockets = false });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        Exchange(connection);
        Assert.Equal(2UL, bypass.Status.MessagesRedirected);

        // What the server sends now waits in the client, which cannot leave before that was read.
        connection.Server.Send("unread"u8);
        bypass.ChangeState(connection.Client, static state => state with { Listed = state.Listed with { Flags = state.Listed.Flags | EntryFlags.BetterOnTcp } });
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("over TCP", Pass(connection.Client, connection.Server, "over TCP"));
        }

        Assert.Equal(2, bypass.Entries.Count);
        Assert.Equal("unread"u8.ToArray(), LocalConnection.Read(connection.Client, 6));
        LeaveWhileTalking(bypass, connection);

        Assert.Equal(connection.ClientPort, Assert.Single(bypass.Entries).RemotePort);
        Assert.Equal(1UL, Whole(bypass).SocketsLeft);
        ulong redirected = bypass.Status.BytesRedirected;
        Exchange(connection);
        Assert.Equal(redirected, bypass.Status.BytesRedirected);

        bypass.AddAll();
        Assert.Equal(2, bypass.Entries.Count);
        Assert.True(Patience.Until(() =>
        {
            Exchange(connection);
            return bypass.Entries.All(entry => entry.Path == EntryPath.Redirected);
        }));
    }

    [Fact]
    public void ASocketWhosePeerNeverComesLeavesInTheEnd()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { KeepSockets = false });
        using Socket listener = LocalConnection.Listen();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        server.ReceiveTimeout = 10_000;

        // The accepted socket is of its listener's cgroup.
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, Assert.Single(bypass.Entries).LocalPort);
        bypass.ChangeState(client, static state => state with { Misses = 1 << 16, Listed = state.Listed with { JoinedAt = 1 } });
        Assert.True(Patience.Until(() =>
        {
            Assert.Equal("anybody?", Pass(client, server, "anybody?"));
            return bypass.Entries.Count == 0;
        }));

        Assert.Equal(1UL, Whole(bypass).SocketsLeft);
        Assert.Equal("still here", Pass(client, server, "still here"));
    }

    [Theory]
    [EachVariant]
    public void AStreamWhoseSenderIsAlwaysAheadIsTriedOverTcp(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant, KeepSockets = false });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        Exchange(connection);

        // The kernel takes windows of 25 to 100 ms for a stream's: on a busy machine this one may be older when it looks.
        Assert.True(Patience.Until(() =>
        {
            bypass.ChangeState(connection.Client, static state => state with
            {
                WindowBegan = MonotonicClock.Now - 30_000_000,
                WindowBytes = 0,
                WindowMessages = 254,
                WindowAhead = 254,
            });
            connection.Client.Send("12"u8);
            connection.Client.Send("34"u8);
            connection.Client.Send("56"u8);
            Assert.Equal("123456"u8.ToArray(), LocalConnection.Read(connection.Server, 6));
            return Whole(bypass).TcpStream > 0;
        }));

        Assert.Equal(SockmapReason.Stream, bypass.Entries.Single(entry => entry.IsClient).Reason);
        Exchange(connection);
    }

    [Theory]
    [InlineData(BypassVariant.Exact, true)]
    [InlineData(BypassVariant.Probing, true)]
    [InlineData(BypassVariant.Exact, false)]
    public void AStreamThatTcpCarriesFasterLeavesAndAnotherStays(BypassVariant variant, bool isFaster)
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { Variant = variant, KeepSockets = false });
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        Exchange(connection);
        ulong trials = 0;

        Assert.True(Patience.Until(() =>
        {
            bypass.ChangeState(connection.Client, state => state with
            {
                Listed = state.Listed with { Flags = state.Listed.Flags | EntryFlags.Trial | EntryFlags.TrialSettled },
                RedirectedRate = isFaster ? 1UL : ulong.MaxValue,
                WindowBegan = MonotonicClock.Now - 30_000_000,
                WindowMessages = 0,
                Wins = isFaster ? 1u : 0u,
            });
            for (int i = 0; i < 300; i++)
            {
                Assert.Equal("over TCP", Pass(connection.Client, connection.Server, "over TCP"));
            }

            Exchange(connection);
            return isFaster ? bypass.Entries.Count == 1 : ++trials == 5;
        }));

        Assert.Equal(isFaster ? 1UL : 0UL, Whole(bypass).SocketsLeft);
        ulong redirected = bypass.Status.MessagesRedirected;
        Exchange(connection);
        Assert.Equal(redirected + (isFaster ? 0UL : 2UL), bypass.Status.MessagesRedirected);
    }

    private static SockmapStatistics Whole(InstalledBypass bypass) => bypass.Manager.GetStatistics(BypassSettings.DefaultName).Single();

    private static void Exchange(LocalConnection connection)
    {
        Assert.Equal("ping", Pass(connection.Client, connection.Server, "ping"));
        Assert.Equal("pong", Pass(connection.Server, connection.Client, "pong"));
    }

    private static void LeaveWhileTalking(InstalledBypass bypass, LocalConnection connection) =>
        Assert.True(Patience.Until(() =>
        {
            Exchange(connection);
            return bypass.Entries.Count == 1;
        }));

    private static string Pass(Socket from, Socket to, string text)
    {
        from.Send(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetString(LocalConnection.Read(to, text.Length));
    }
}
