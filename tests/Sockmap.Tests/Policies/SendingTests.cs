using System.Net.Sockets;
using Sockmap.Filters;
using Sockmap.Policies;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Bypasses;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Policies;

/// <summary>What a policy holds goes on as TCP does: each byte once and in order, both ways, in every manner of sending.</summary>
public sealed class SendingTests
{
    [Theory]
    [InlineData(SocketFamily.V4, IoKind.Blocking, "1..3000")]
    [InlineData(SocketFamily.V6, IoKind.Poll, "1..200000")]
    [InlineData(SocketFamily.MappedBoth, IoKind.Dotnet, "1..20000")]
    public void StreamsThatPassAreWhole(SocketFamily family, IoKind io, string sizes)
    {
        using TestPolicy policy = new(settings => settings with { DefaultEgressAction = PolicyAction.Drop, DefaultIngressAction = PolicyAction.Drop });
        policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Pass, UserIds = [0] });
        policy.Add(new PolicyRule { Direction = PolicyDirection.Ingress, Action = PolicyAction.Pass, Cgroups = [policy.Cgroup.Path] });

        StreamReport report = CheckedStreams.Run(StreamScenario.In(policy.Cgroup, new TrafficOptions
        {
            Family = family,
            Io = io,
            Connections = 3,
            BytesUp = 3_000_000,
            BytesDown = 3_000_000,
            WriteSizeUp = WriteSizes.Parse(sizes),
            WriteSizeDown = WriteSizes.Parse(sizes),
        }));

        PolicyRuleStatus[] rules = [.. policy.Rules];
        Assert.Equal((ulong)(report.BytesUp + report.BytesDown), rules[0].Bytes);
        Assert.True(rules[1].Bytes >= rules[0].Bytes, $"{rules[1].Bytes} bytes came, {rules[0].Bytes} were sent.");
        Assert.Equal((0UL, 0UL), (policy.Status.MessagesDropped, policy.Status.PacketsDropped));
    }

    /// <summary>A file that is sent passes no copy in user space, but sk_msg.</summary>
    [Fact]
    public void SendfileIsJudged()
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect();
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, new byte[10_000]);
            pair.Client.SendFile(file);
            Assert.Equal(10_000, LocalConnection.Read(pair.Server, 10_000).Length);
            policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Drop, RemotePorts = [new PortRange(pair.ServerPort, pair.ServerPort)] });

            SocketException refused = Assert.Throws<SocketException>(() => pair.Client.SendFile(file));

            Assert.Equal(SocketError.AccessDenied, refused.SocketErrorCode);
            Assert.False(TestPolicy.HasData(pair.Server));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A refusal stays in the psock, which a thread in recv() keeps: it must not become one that nobody judges.</summary>
    [Fact]
    public async Task ARefusedSocketWithAReaderInItStaysRefusedAndIsJudgedAfterwards()
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect();
        Task<int> reading = Task.Run(() => pair.Client.Receive(new byte[1]), TestContext.Current.CancellationToken);
        PolicyRuleStatus rule = policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Drop, RemotePorts = [new PortRange(pair.ServerPort, pair.ServerPort)] });
        Assert.True(Sockmap.TestKit.Patience.Until(() => reading.Status == TaskStatus.Running));
        Thread.Sleep(100);
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));

        policy.Manager.RemoveRules(policy.Settings.Name, [rule.Id]);
        Assert.Equal(2, policy.Status.Entries);
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));

        Assert.Null(TestPolicy.TrySend(pair.Server));
        Assert.Equal(1, await reading);
        policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Pass });
        Assert.Null(TestPolicy.TrySend(pair.Client));
        Assert.Equal(2, policy.Status.Entries);
    }

    [Fact]
    public void MoreSocketsThanItHoldsAreTold()
    {
        using TestPolicy policy = new(settings => settings with { MaxEntries = 2, DefaultEgressAction = PolicyAction.Drop });
        using TcpPair held = TcpPair.Connect();
        using TcpPair over = TcpPair.Connect();

        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(held.Client));
        Assert.Null(TestPolicy.TrySend(over.Client));
        Assert.Contains("2 connections found the map full", Assert.Single(policy.Status.Problem), StringComparison.Ordinal);
    }

    /// <summary>A socket that was disconnected and connected anew is judged by its new address.</summary>
    [Fact]
    public async Task ASocketThatIsConnectedAnewIsJudgedAnew()
    {
        using TestPolicy policy = new();
        using Socket first = TcpPair.Listen(System.Net.IPAddress.Loopback), second = TcpPair.Listen(System.Net.IPAddress.Parse("127.0.0.2"));
        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.2");
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(first.LocalEndPoint!);
        Assert.Null(TestPolicy.TrySend(client));

        // connect() with AF_UNSPEC
        client.Disconnect(reuseSocket: true);
        await client.ConnectAsync(second.LocalEndPoint!, TestContext.Current.CancellationToken);

        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(client));
    }
}
