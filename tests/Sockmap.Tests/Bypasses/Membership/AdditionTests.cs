using System.Net;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Events;
using Sockmap.Filters;
using Sockmap.Sockets;
using Sockmap.Support.Experiments;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Events;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>Connections that were there before go into a bypass and out again, while every byte of theirs is checked.</summary>
public sealed class AdditionTests
{
    private static TrafficOptions Endless(string sizes) => new()
    {
        Connections = 4,
        BytesUp = TrafficOptions.UntilStopped,
        BytesDown = TrafficOptions.UntilStopped,
        WriteSizeUp = WriteSizes.Parse(sizes),
        WriteSizeDown = WriteSizes.Parse(sizes),
        Rate = 16 << 20,
    };

    [Theory]
    [InlineData("1..200", BypassVariant.Exact)]
    [InlineData("1..100000", BypassVariant.Exact)]
    [InlineData("65536", BypassVariant.Exact)]
    [InlineData("1..200", BypassVariant.Probing)]
    [InlineData("1..100000", BypassVariant.Probing)]
    public void ConnectionsGoInAndOutAgainAndAgainInTheMiddleOfTheirStreams(string sizes, BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(bypass.Cgroup, Endless(sizes)));
        streams.WaitUntilConnected();
        bypass.Install(settings => settings with { Variant = variant });
        ulong redirected = 0;

        for (int round = 0; round < 12; round++)
        {
            IReadOnlyList<AdditionResult> added = bypass.AddAll();
            Assert.Equal(4, added.Count);
            Assert.All(added, result => Assert.True(result is { IsNew: true, Error: null }, result.Error?.Message));
            streams.WaitForTraffic(200_000);
            IReadOnlyList<SockmapEntry> entries = bypass.Entries;
            Assert.Equal(8, entries.Count);
            Assert.All(entries, entry => Assert.True(entry.WasAdded));
            redirected = bypass.Status.BytesRedirected;

            EntryRemovalResult removed = bypass.Manager.RemoveEntries(BypassSettings.DefaultName, [.. entries.Select(entry => entry.Cookie)]);

            Assert.Equal(8, removed.Removed.Count);
            Assert.Empty(removed.Remaining);
            Assert.Empty(removed.Missing);
            Assert.Equal(0, removed.DroppedBytes);
            Assert.Empty(bypass.Entries);
            streams.WaitForTraffic(100_000);
        }

        streams.Stop();
        Assert.True(redirected > 0);
        Assert.Equal(12UL * 8, bypass.Status.SocketsInserted);
    }

    [Theory]
    [EachVariant]
    public void AReaderWhoSatInRecvBeforeGetsWhatIsSentAfter(BypassVariant variant)
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        bypass.Install(settings => settings with { Variant = variant });
        using BlockedReader reader = BlockedReader.Start(connection.Server, 3, flags: 0);
        Assert.True(reader.WaitUntilAsleepOrDone());

        Assert.Null(Assert.Single(bypass.AddAll()).Error);
        connection.Client.Send([1, 2, 3]);

        Assert.Equal(3, reader.Result);
        connection.Client.Send([4]);
        Assert.Equal([4], LocalConnection.Read(connection.Server, 1));
        Assert.Equal(1UL, bypass.Status.MessagesRedirected);
        Assert.Equal(1UL, bypass.Status.MessagesOverTcp);
    }

    [Fact]
    public void BytesThatWaitUnreadWhenAConnectionGoesInAreReadFirst()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        bypass.Install();
        connection.Client.Send([1]);

        Assert.Null(Assert.Single(bypass.AddAll()).Error);
        connection.Client.Send([2]);
        connection.Client.Send([3]);

        Assert.Equal([1, 2, 3], LocalConnection.Read(connection.Server, 3));
        connection.Client.Send([4]);
        Assert.Equal([4], LocalConnection.Read(connection.Server, 1));
        Assert.Equal(1UL, bypass.Status.MessagesRedirected);
    }

    [Fact]
    public void OneMessageGoesOverTcpFirst()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        bypass.Install();
        bypass.AddAll();

        for (byte i = 0; i < 3; i++)
        {
            connection.Client.Send([i]);
            Assert.Equal([i], LocalConnection.Read(connection.Server, 1));
        }

        SockmapEntry client = bypass.Entries.Single(entry => entry.LocalPort == connection.ClientPort);
        Assert.Equal((1UL, 1UL, 2UL, 2UL), (client.TcpMessages, client.TcpBytes, client.RedirectedMessages, client.RedirectedBytes));
        Assert.Equal((EntryPath.Redirected, EntryPath.Tcp, SockmapReason.Kick), (client.Path, client.ReceivePath, client.Reason));
        Assert.True(client.IsClient);
        Assert.InRange(client.LastUsed!.Value, client.JoinedAt!.Value.AddMilliseconds(-20), DateTime.Now.AddMilliseconds(20));
    }

    [Fact]
    public void AConnectionThatIsInIsNoCandidateAndAddingItAgainChangesNothing()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        bypass.Install();
        ConnectionCandidate candidate = Assert.Single(bypass.Candidates());
        Assert.Equal(connection.ClientPort, candidate.LocalPort);
        bypass.AddAll();

        Assert.Empty(bypass.Candidates());
        AdditionResult again = Assert.Single(bypass.Manager.AddConnections(BypassSettings.DefaultName, [candidate]));

        Assert.Equal((false, null), (again.IsNew, again.Error));
        Assert.Equal(2, bypass.Entries.Count);
    }

    [Fact]
    public void ASocketThatWasClosedMeanwhileIsAnErrorOfItsOwn()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection gone = new(listener), there = new(listener);
        bypass.Install();
        IReadOnlyList<ConnectionCandidate> candidates = bypass.Candidates();
        gone.Server.Dispose();

        IReadOnlyList<AdditionResult> results = bypass.Manager.AddConnections(BypassSettings.DefaultName, candidates);

        Assert.Equal(2, results.Count);
        Assert.Contains(results.Single(result => result.Candidate.LocalPort == gone.ClientPort).Error!.Error, new[] { BypassError.SocketNotAccessible, BypassError.ConnectionNotTaken });
        Assert.True(results.Single(result => result.Candidate.LocalPort == there.ClientPort).IsNew);
        Assert.Equal(2, bypass.Entries.Count);
    }

    [Fact]
    public void WhenTheSecondEndIsNotTakenTheFirstIsNotLeftIn()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection first = new(listener), second = new(listener);
        bypass.Install(settings => settings with { MaxEntries = 3 });

        IReadOnlyList<AdditionResult> results = bypass.AddAll();

        Assert.Equal(1, results.Count(result => result.IsNew));
        BypassException error = Assert.Single(results, result => result.Error is not null).Error!;
        Assert.Equal(BypassError.ConnectionNotTaken, error.Error);
        Assert.Contains("MaxEntries", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, bypass.Entries.Count);
    }

    [Fact]
    public void ThoseThatMatchAreInsideTheCgroupAndPastTheFilters()
    {
        using InstalledBypass bypass = new();
        using Socket outer = LocalConnection.Listen();
        using LocalConnection outside = new(outer);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen(), other = LocalConnection.Listen();
        using LocalConnection inside = new(listener), filtered = new(other), halfInside = new(outer);
        int port = ((System.Net.IPEndPoint)listener.LocalEndPoint!).Port;
        bypass.Install(settings => settings with { Ports = [new PortRange(port, port)] });

        ConnectionCandidate candidate = Assert.Single(bypass.Candidates());

        Assert.Equal((inside.ClientPort, port), (candidate.LocalPort, candidate.RemotePort));
        HashSet<int> all = [.. bypass.Manager.FindCandidates(BypassSettings.DefaultName, matchingOnly: false).Select(found => found.LocalPort)];
        Assert.Superset(new HashSet<int> { inside.ClientPort, filtered.ClientPort, outside.ClientPort, halfInside.ClientPort }, all);
    }

    [Fact]
    public void AConnectionWithItsEndsInTwoNamespacesGoesIn()
    {
        using InstalledBypass bypass = new();
        using NetworkNamespacePair networks = NetworkNamespacePair.Create();
        StreamScenario scenario = StreamScenario.In(bypass.Cgroup, Endless("1..5000") with { Address = networks.LeftV4 });
        using RunningStreams streams = CheckedStreams.Start(scenario with { ServerNamespace = networks.Left, ClientNamespace = networks.Right });
        streams.WaitUntilConnected();
        bypass.Install(settings => settings with { CrossNamespace = true });

        IReadOnlyList<AdditionResult> added = bypass.AddAll();

        Assert.Equal(4, added.Count);
        Assert.All(added, result => Assert.True(result.IsNew, result.Error?.Message));
        streams.WaitForTraffic(300_000);
        Assert.True(bypass.Status.BytesRedirected > 0);
        streams.Stop();
    }

    [Fact]
    public void ThoseOfANamespaceThatNoProcessIsInTellOfTheirEndToo()
    {
        using InstalledBypass bypass = new();
        using TestNetworkNamespace network = TestNetworkNamespace.Create();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = network.CreateSocket(), client = network.CreateSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        int port = ((IPEndPoint)client.LocalEndPoint!).Port;
        bypass.Install();
        using EventRecorder recorder = new(bypass);

        Assert.True(Assert.Single(bypass.AddAll()).IsNew);
        client.Close();
        server.Close();

        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.LocalPort == port);
        recorder.WaitFor(SockmapEventKind.Closed, happened => happened.RemotePort == port);
    }
}
