using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Bypasses.Layout;
using Sockmap.Filters;
using Sockmap.Policies;
using Sockmap.TestKit.Placement;
using Sockmap.TestKit.Traffic;
using Sockmap.Tests.Bypasses;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Policies;

/// <summary>Policy and bypass together, whichever came first and whichever goes: one judges what the other redirects, and no byte is lost.</summary>
public sealed class BypassTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatABypassHasIsJudgedInIt(bool isPolicyFirst)
    {
        using TestPolicy policy = new(isMade: isPolicyFirst);
        policy.Bypass.Install();
        if (!isPolicyFirst)
        {
            policy.Make();
        }

        using TcpPair pair = TcpPair.Connect();
        Assert.Equal(2, policy.Bypass.Status.Entries);
        Assert.Equal(0, policy.Status.Entries);
        Assert.Equal([BypassSettings.DefaultName], policy.Status.Bypass);
        ExchangeRedirected(policy, pair);

        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");

        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
        Assert.False(TestPolicy.HasData(pair.Server));
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Server));
    }

    [Fact]
    public void ABypassOnTheRootOfTheCgroupsTakesBeforeAPolicyDoes()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install(settings => settings with { Cgroup = TestCgroup.MountPoint, KeepSockets = true, Ports = [new PortRange(47111, 47111)] });

        using Socket listener = TcpPair.Listen(System.Net.IPAddress.Loopback, 47111);
        using TcpPair pair = TcpPair.Connect(listener);
        using TcpPair other = TcpPair.Connect();

        Assert.Equal(2, policy.Bypass.Status.Entries);
        Assert.Equal(2, policy.Status.Entries);
        Assert.True(policy.Status.IsHealthy, string.Join(' ', policy.Status.Problem));
    }

    [Fact]
    public void ASocketThatTcpServesBetterStaysWhereItIsJudged()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install(settings => settings with { KeepSockets = false });
        using TcpPair pair = TcpPair.Connect();
        ExchangeRedirected(policy, pair);
        policy.Bypass.ChangeState(pair.Client, static state => state with { Listed = state.Listed with { Flags = state.Listed.Flags | EntryFlags.BetterOnTcp } });

        for (int i = 0; i < 50; i++)
        {
            Exchange(pair.Client, pair.Server, 10);
            Exchange(pair.Server, pair.Client, 10);
        }

        Assert.Equal(2, policy.Bypass.Status.Entries);
        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
    }

    [Fact]
    public void NoBypassKeepsADirectionOnTcpAsLongAsTheRuleIsThere()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        ExchangeRedirected(policy, pair);
        PolicyRuleStatus rule = policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.NoBypass, RemotePorts = [new PortRange(pair.ServerPort, pair.ServerPort)] });

        ulong before = policy.Bypass.Status.BytesRedirected;
        for (int i = 0; i < 5; i++)
        {
            Exchange(pair.Client, pair.Server, 100);
        }

        Assert.Equal(before, policy.Bypass.Status.BytesRedirected);
        Exchange(pair.Server, pair.Client, 100);
        Assert.Equal(before + 100, policy.Bypass.Status.BytesRedirected);
        Assert.Equal(5UL, policy.Rule(rule.Id).Messages);

        policy.Manager.RemoveRules(policy.Settings.Name, [rule.Id]);
        ExchangeRedirected(policy, pair);
    }

    [Fact]
    public void ByDefaultNoBypassOnlyWhatARuleNamesIsRedirected()
    {
        using TestPolicy policy = new(settings => settings with { DefaultEgressAction = PolicyAction.NoBypass });
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        using TcpPair passing = TcpPair.Connect();
        policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Pass, RemotePorts = [new PortRange(passing.ServerPort, passing.ServerPort)] });
        for (int i = 0; i < 5; i++)
        {
            Exchange(pair.Client, pair.Server, 100);
            Exchange(passing.Client, passing.Server, 100);
        }

        Assert.Equal(0UL, policy.Bypass.Status.BytesRedirected);
        policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Bypass, RemotePorts = [new PortRange(pair.ServerPort, pair.ServerPort)] });
        policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Bypass, LocalPorts = [new PortRange(pair.ServerPort, pair.ServerPort)] });
        ExchangeRedirected(policy, pair);
    }

    [Fact]
    public void WhatAReceiverDoesNotTakeIsNotRedirectedToIt()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        ExchangeRedirected(policy, pair);
        PolicyRuleStatus rule = policy.Add(new PolicyRule { Direction = PolicyDirection.Ingress, Action = PolicyAction.Drop, LocalPorts = [new PortRange(pair.ServerPort, pair.ServerPort)] });

        Assert.Null(TestPolicy.TrySend(pair.Client, 5));
        Assert.False(TestPolicy.HasData(pair.Server));
        Assert.True(policy.Rule(rule.Id).Messages > 0);
        Exchange(pair.Server, pair.Client, 10);

        policy.Manager.RemoveRules(policy.Settings.Name, [rule.Id]);
        Assert.Equal(5, LocalConnection.Read(pair.Server, 5).Length);
        ExchangeRedirected(policy, pair);
    }

    /// <summary>A rule that asks for the user can be right for the receiver's packets only, so these connections keep them.</summary>
    [Fact]
    public void WhereAReceiversRuleAsksWhoseItIsTcpAsks()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        policy.Add(new PolicyRule { Direction = PolicyDirection.Ingress, Action = PolicyAction.Drop, LocalPorts = [new PortRange(pair.ServerPort, pair.ServerPort)], UserIds = [4711] });
        PolicyRuleStatus own = policy.Add(new PolicyRule { Direction = PolicyDirection.Ingress, Action = PolicyAction.Pass, UserIds = [0] });

        Exchange(pair.Client, pair.Server, 100);
        Exchange(pair.Client, pair.Server, 100);

        Assert.Equal(0UL, policy.Bypass.Status.BytesRedirected);
        Assert.Equal((2UL, 200UL), (policy.Rule(own.Id).Messages, policy.Rule(own.Id).Bytes));
    }

    [Fact]
    public void WhatLeavesABypassIsJudgedStill()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        ExchangeRedirected(policy, pair);

        Assert.True(policy.Bypass.Remove().IsComplete);

        Assert.Equal(2, policy.Status.Entries);
        Assert.Empty(policy.Status.Bypass);
        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
    }

    [Fact]
    public void WhatAPolicyHoldsCanGoIntoABypass()
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect();
        Exchange(pair.Client, pair.Server, 10);
        Assert.Equal(2, policy.Status.Entries);

        InstallResult result = policy.Bypass.Install(options: new InstallOptions { IncludeEstablished = true });

        Assert.All(result.Established!.Connections, static connection => Assert.Null(connection.Error));
        Assert.Equal(2, policy.Bypass.Status.Entries);
        Assert.Equal(0, policy.Status.Entries);
        ExchangeRedirected(policy, pair);
        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
    }

    [Fact]
    public void ARefusedSocketOfABypassSendsAgainWhenItsRuleOrItsPolicyIsGone()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        using TcpPair other = TcpPair.Connect();
        PolicyRuleStatus rule = policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(other.Client));

        policy.Manager.RemoveRules(policy.Settings.Name, [rule.Id]);
        Exchange(pair.Client, pair.Server, 10);

        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(other.Client));
        policy.Manager.Remove(policy.Settings.Name);
        Exchange(other.Client, other.Server, 10);
        Exchange(pair.Client, pair.Server, 10);
    }

    [Fact]
    public void ABypassThatReplacesAnotherIsJudgedToo()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.0/8");
        policy.Bypass.Install(settings => settings with { MaxEntries = 100 }, new InstallOptions { Replace = true });
        using TcpPair pair = TcpPair.Connect();

        Assert.Equal(2, policy.Bypass.Status.Entries);
        Assert.Equal([BypassSettings.DefaultName], policy.Status.Bypass);
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
    }

    [Fact]
    public void RemovingThePolicyLeavesTheBypassAsItWas()
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using TcpPair pair = TcpPair.Connect();
        policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.NoBypass });
        Exchange(pair.Client, pair.Server, 10);

        policy.Manager.Remove(policy.Settings.Name);

        Assert.True(policy.Bypass.Status.IsHealthy, string.Join(' ', policy.Bypass.Status.Problem));
        for (int i = 0; policy.Bypass.Status.BytesRedirected == 0; i++)
        {
            Assert.True(i < 100, "Nothing is redirected after the policy.");
            Exchange(pair.Client, pair.Server, 10);
        }
    }

    /// <summary>Rules, policies and bypasses come and go under checked streams: each byte arrives once, in order.</summary>
    [Theory]
    [InlineData(SocketFamily.V4)]
    [InlineData(SocketFamily.V6)]
    [InlineData(SocketFamily.MappedServer)]
    public void StreamsUnderChangesAreWhole(SocketFamily family)
    {
        using TestPolicy policy = new();
        policy.Bypass.Install();
        using RunningStreams streams = CheckedStreams.Start(StreamScenario.In(policy.Cgroup, new TrafficOptions
        {
            Family = family,
            Connections = 4,
            BytesUp = TrafficOptions.UntilStopped,
            BytesDown = TrafficOptions.UntilStopped,
            Rate = 16 << 20,
        }));
        streams.WaitUntilConnected();
        for (int i = 0; i < 5; i++)
        {
            PolicyRuleStatus tcp = policy.Add(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.NoBypass });
            PolicyRuleStatus held = policy.Add(new PolicyRule { Direction = PolicyDirection.Ingress, Action = PolicyAction.Drop });
            Thread.Sleep(20);
            policy.Manager.RemoveRules(policy.Settings.Name, [tcp.Id, held.Id]);
            Thread.Sleep(20);
            policy.Manager.Remove(policy.Settings.Name);
            policy.Make();
        }

        policy.Bypass.Remove(new RemoveOptions { Timeout = TimeSpan.FromSeconds(20) });
        streams.Stop();
    }

    private static void Exchange(Socket from, Socket to, int bytes)
    {
        Assert.Null(TestPolicy.TrySend(from, bytes));
        Assert.Equal(bytes, LocalConnection.Read(to, bytes).Length);
    }

    /// <summary>Exchanges until both directions are redirected; the first messages may go over TCP.</summary>
    private static void ExchangeRedirected(TestPolicy policy, TcpPair pair)
    {
        for (int i = 0; i < 100; i++)
        {
            ulong before = policy.Bypass.Status.BytesRedirected;
            Exchange(pair.Client, pair.Server, 10);
            Exchange(pair.Server, pair.Client, 10);
            if (policy.Bypass.Status.BytesRedirected == before + 20)
            {
                return;
            }
        }

        Assert.Fail("The connection was not redirected.");
    }
}
