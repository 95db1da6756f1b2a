using System.Net;
using System.Net.Sockets;
using Sockmap.Bpf.Maps;
using Sockmap.Bypasses;
using Sockmap.Filters;
using Sockmap.Statistics;
using Sockmap.TestKit.Placement;
using Sockmap.Tests.Bypasses;

namespace Sockmap.Tests.Statistics;

/// <summary>The counters are what the test's own sockets sent, by port and by cgroup.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void ThePartsAreWhatEachSentAndAddUpToTheWhole()
    {
        using InstalledBypass bypass = new();
        using TestCgroup left = bypass.Cgroup.CreateChild("left");
        using TestCgroup right = bypass.Cgroup.CreateChild("right");
        bypass.Install();
        Dictionary<(string Cgroup, int Port), (ulong Connections, ulong Messages, ulong Bytes)> sent = [];
        int size = 1;
        foreach ((TestCgroup cgroup, int connections) in ((TestCgroup, int)[])[(left, 1), (left, 2), (right, 3)])
        {
            using CgroupVisit visit = CgroupVisit.To(cgroup);

            // Made here, since a socket is of its maker's cgroup.
            using Socket here = LocalConnection.Listen();
            for (int i = 0; i < connections; i++, size *= 3)
            {
                using LocalConnection connection = new(here);
                connection.Client.Send(new byte[size]);
                LocalConnection.Read(connection.Server, size);
                connection.Server.Send(new byte[size * 2]);
                LocalConnection.Read(connection.Client, size * 2);
                (string, int) key = (cgroup.Path, ((IPEndPoint)here.LocalEndPoint!).Port);
                (ulong Connections, ulong Messages, ulong Bytes) before = sent.GetValueOrDefault(key);
                sent[key] = (before.Connections + 1, before.Messages + 2, before.Bytes + (ulong)(size * 3));
            }
        }

        IReadOnlyList<SockmapStatistics> both = bypass.Manager.GetStatistics("default", StatisticsGrouping.CgroupAndPort);
        Assert.Equal(
            sent.OrderBy(group => group.Key).Select(group => (group.Key.Cgroup, group.Key.Port, group.Value)),
            both.Select(group => (group.Cgroup!, group.Port!.Value, (group.Connections, group.MessagesRedirected + group.MessagesOverTcp, group.BytesRedirected + group.BytesOverTcp)))
                .OrderBy(group => (group.Item1, group.Item2)));
        Assert.All(both, group => Assert.Equal(group.SocketsConnected, group.SocketsAccepted));
        Assert.All(both, group => Assert.Null(group.Entries));

        Assert.Equal(
            sent.Select(group => (group.Key.Port, group.Value.Bytes)).Order(),
            bypass.Manager.GetStatistics("default", StatisticsGrouping.Port).Select(group => (group.Port!.Value, group.BytesRedirected + group.BytesOverTcp)).Order());
        Assert.Equal(
            sent.GroupBy(group => group.Key.Cgroup).Select(group => (group.Key, group.Aggregate(0UL, (sum, part) => sum + part.Value.Bytes))).Order(),
            bypass.Manager.GetStatistics("default", StatisticsGrouping.Cgroup).Select(group => (group.Cgroup!, group.BytesRedirected + group.BytesOverTcp)));

        SockmapStatistics whole = Whole(bypass);
        BypassStatus status = bypass.Status;
        Assert.Equal((null, null, null, 0), (whole.Cgroup, whole.CgroupId, whole.Port, whole.Entries));
        Assert.Equal((6UL, 6UL, 6UL), (whole.Connections, whole.SocketsConnected, whole.SocketsAccepted));
        Assert.Equal(sent.Values.Aggregate(0UL, (sum, group) => sum + group.Bytes), whole.BytesRedirected + whole.BytesOverTcp);
        Assert.Equal((status.BytesRedirected, status.BytesOverTcp, status.DirectionsSwitched), (whole.BytesRedirected, whole.BytesOverTcp, whole.DirectionsSwitched));
        Assert.Null(whole.Interval);
        Assert.Null(whole.BytesRedirectedPerSecond);
    }

    [Fact]
    public void TheReasonsForTcpAddUpToItsMessages()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Blocking = false;
        SocketError error;
        do
        {
            connection.Client.Send(new byte[60_000], SocketFlags.None, out error);
        }
        while (error == SocketError.Success);
        using (BpfMap slot = BpfMap.OpenPinned(Path.Combine(bypass.Folder, "slot")))
        {
            slot.Delete(new byte[sizeof(uint)]);
        }

        connection.Server.Send(new byte[3]);
        connection.Server.Send(new byte[3]);

        SockmapStatistics whole = Whole(bypass);
        Assert.Equal(2UL, whole.TcpPaused);
        Assert.True(whole.TcpSpilled > 0 && whole.DirectionsSpilled == 1, $"{whole}");
        Assert.Equal(2, whole.Entries);
        Assert.Equal(
            whole.MessagesOverTcp,
            whole.TcpPaused + whole.TcpNoPeer + whole.TcpUnread + whole.TcpReader + whole.TcpLowWater + whole.TcpUpperProtocol
                + whole.TcpSpilled + whole.TcpWrongPeer + whole.TcpKick + whole.TcpLeaving);
    }

    [Fact]
    public void SocketsThatWereKeptOutAreOfNoCgroupAndPort()
    {
        using InstalledBypass bypass = new();
        bypass.Install(settings => settings with { ExcludedAddresses = [AddressRange.Parse("127.0.0.0/8")] });
        Connect(bypass, 1);

        foreach (StatisticsGrouping grouping in Enum.GetValues<StatisticsGrouping>())
        {
            SockmapStatistics only = Assert.Single(bypass.Manager.GetStatistics("default", grouping));
            Assert.Equal(2UL, only.SocketsFiltered);
            Assert.Equal((null, null, null), (only.Cgroup, only.CgroupId, only.Port));
        }
    }

    [Fact]
    public void RatesAreOfTheTimeBetweenAndBeginAnewWithAReplacement()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        StatisticsRates rates = new();
        Connect(bypass, 100);
        Assert.Null(Assert.Single(rates.Apply([Whole(bypass)])).BytesRedirectedPerSecond);

        Connect(bypass, 1000);
        SockmapStatistics second = Assert.Single(rates.Apply([Whole(bypass)]));
        double seconds = second.Interval!.Value.TotalSeconds;
        Assert.True(seconds > 0);
        Assert.Equal(1000, (second.BytesRedirectedPerSecond + second.BytesOverTcpPerSecond)!.Value * seconds, 0.001);
        Assert.Equal(1, second.ConnectionsPerSecond!.Value * seconds, 0.001);
        Assert.Equal(1100UL, second.BytesRedirected + second.BytesOverTcp);

        bypass.Install(options: new InstallOptions { Replace = true });
        Connect(bypass, 5000);
        Assert.Null(Assert.Single(rates.Apply([Whole(bypass)])).BytesRedirectedPerSecond);
        SockmapStatistics idle = Assert.Single(rates.Apply([Whole(bypass)]));
        Assert.Equal((0.0, 0.0), (idle.BytesRedirectedPerSecond, idle.MessagesOverTcpPerSecond));
    }

    [Fact]
    public void AGroupThatIsNewHasCountedFromZero()
    {
        using InstalledBypass bypass = new();
        bypass.Install();
        StatisticsRates rates = new();
        Connect(bypass, 100);
        rates.Apply(bypass.Manager.GetStatistics("default", StatisticsGrouping.Port));
        int port = Connect(bypass, 300);

        SockmapStatistics added = rates.Apply(bypass.Manager.GetStatistics("default", StatisticsGrouping.Port)).Single(group => group.Port == port);

        Assert.Equal(300, (added.BytesRedirectedPerSecond + added.BytesOverTcpPerSecond)!.Value * added.Interval!.Value.TotalSeconds, 0.001);
    }

    [Fact]
    public void ABypassThatIsNotThereIsNotFound()
    {
        using InstalledBypass bypass = new();
        Assert.Equal(BypassError.BypassNotFound, Assert.Throws<BypassException>(() => bypass.Manager.GetStatistics("default")).Error);
    }

    private static SockmapStatistics Whole(InstalledBypass bypass) => Assert.Single(bypass.Manager.GetStatistics("default"));

    /// <summary>One connection with one message of so many bytes; the server's port.</summary>
    private static int Connect(InstalledBypass bypass, int size)
    {
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        connection.Client.Send(new byte[size]);
        LocalConnection.Read(connection.Server, size);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }
}
