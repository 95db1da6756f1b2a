using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sockmap.Filters;
using Sockmap.Policies;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Policies;

/// <summary>Which rule decides: the first that matches, by every criterion, as the kernel's counters and answers show.</summary>
public sealed class RuleTests
{
    [Fact]
    public void TheFirstRuleThatMatchesDecides()
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect();
        PolicyRuleStatus pass = policy.Add(PolicyDirection.Egress, PolicyAction.Pass, "127.0.0.0/8");
        PolicyRuleStatus drop = policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "127.0.0.1");
        Assert.Null(TestPolicy.TrySend(pair.Client));

        PolicyRuleStatus before = policy.Add(
            new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Drop, RemoteAddresses = [AddressRange.Parse("127.0.0.0/8")] },
            position: 1);

        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
        Assert.Equal([before.Id, pass.Id, drop.Id], policy.Rules.Select(rule => rule.Id));
        Assert.Equal([1UL, 1UL, 0UL], policy.Rules.Select(rule => rule.Messages));
        Assert.Equal([1, 2, 3], policy.Rules.Select(rule => rule.Position));
    }

    [Fact]
    public void PortsAndAddressesOfBothEndsAreCriteria()
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect();
        PortRange server = new(pair.ServerPort, pair.ServerPort);
        PortRange around = new(Math.Max(1, pair.ServerPort - 100), Math.Min(65535, pair.ServerPort + 3));
        PortRange elsewhere = new(pair.ServerPort == 65535 ? 1 : pair.ServerPort + 1, 65535);
        IPNetwork loopback = AddressRange.Parse("127.0.0.1"), other = AddressRange.Parse("127.0.0.2");

        AssertMatches(pair.Client, rule => rule with { RemotePorts = [server] }, true);
        AssertMatches(pair.Client, rule => rule with { RemotePorts = [around] }, true);
        AssertMatches(pair.Client, rule => rule with { RemotePorts = [elsewhere] }, false);
        AssertMatches(pair.Client, rule => rule with { RemotePorts = [elsewhere, server] }, true);
        AssertMatches(pair.Client, rule => rule with { LocalPorts = [server] }, false);
        AssertMatches(pair.Server, rule => rule with { LocalPorts = [server] }, true);
        AssertMatches(pair.Client, rule => rule with { LocalAddresses = [loopback] }, true);
        AssertMatches(pair.Client, rule => rule with { LocalAddresses = [other] }, false);
        AssertMatches(pair.Client, rule => rule with { RemoteAddresses = [other, loopback] }, true);
        AssertMatches(pair.Client, rule => rule with { RemoteAddresses = [loopback], RemotePorts = [server], LocalAddresses = [loopback] }, true);
        AssertMatches(pair.Client, rule => rule with { RemoteAddresses = [loopback], RemotePorts = [elsewhere], LocalAddresses = [loopback] }, false);

        void AssertMatches(Socket socket, Func<PolicyRule, PolicyRule> configure, bool matches) => Match(policy, socket, configure, matches);
    }

    [Fact]
    public void CgroupsAndUsersAreCriteria()
    {
        using TestPolicy policy = new();
        using TestCgroup below = policy.Cgroup.CreateChild("below");
        using TestCgroup beside = policy.Cgroup.CreateChild("beside");
        using TcpPair own = TcpPair.Connect();
        TcpPair deeper;
        using (CgroupVisit.To(below))
        {
            deeper = TcpPair.Connect();
        }

        using TcpPair inside = deeper;
        Match(policy, own.Client, rule => rule with { Cgroups = [below.Path] }, false);
        Match(policy, inside.Client, rule => rule with { Cgroups = [below.Path] }, true);
        Match(policy, inside.Client, rule => rule with { Cgroups = [beside.Path] }, false);
        Match(policy, inside.Client, rule => rule with { Cgroups = [policy.Cgroup.Path] }, true);
        Match(policy, inside.Client, rule => rule with { Cgroups = [beside.Path, below.Path], UserIds = [0, 7] }, true);
        Match(policy, own.Client, rule => rule with { UserIds = [0] }, true);
        Match(policy, own.Client, rule => rule with { UserIds = [1, 65534] }, false);
    }

    [Fact]
    public void SocketsOfOtherCgroupsAreNotJudged()
    {
        using TestPolicy policy = new(settings => settings with { DefaultEgressAction = PolicyAction.Drop });
        using TestCgroup elsewhere = TestCgroup.Create();
        using TcpPair inside = TcpPair.Connect();
        using CgroupVisit visit = CgroupVisit.To(elsewhere);
        using TcpPair outside = TcpPair.Connect();

        Assert.Null(TestPolicy.TrySend(outside.Client));
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(inside.Client));
        Assert.Equal(2, policy.Status.Entries);
    }

    /// <summary>
    /// 1,000 rules at random, and the rule that the kernel counts for each of many connections is the first that matches by
    /// a plain walk over them.
    /// </summary>
    [Fact]
    public void AThousandRulesAreAskedInTheirOrder()
    {
        const int Seed = 20261121;
        Random random = new(Seed);
        using TestPolicy policy = new();
        List<PolicyRule> rules = [.. Enumerable.Range(0, 1000).Select(_ => RandomRule(random))];
        policy.Manager.AddRules(policy.Settings.Name, rules);
        Assert.Equal(1000, policy.Rules.Count);
        ulong[] expected = new ulong[rules.Count];
        ulong unmatched = 0;

        for (int i = 0; i < 150; i++)
        {
            IPAddress server = new([127, (byte)random.Next(4), (byte)random.Next(4), (byte)random.Next(1, 5)]);
            IPAddress client = new([127, (byte)random.Next(4), (byte)random.Next(4), (byte)random.Next(1, 5)]);
            using TcpPair pair = TcpPair.Connect(server, from: client);
            foreach (Socket socket in new[] { pair.Client, pair.Server })
            {
                int first = rules.FindIndex(rule => Matches(rule, (IPEndPoint)socket.LocalEndPoint!, (IPEndPoint)socket.RemoteEndPoint!));
                if (first < 0)
                {
                    unmatched++;
                }
                else
                {
                    expected[first]++;
                }

                Assert.Equal(first >= 0 && rules[first].Action == PolicyAction.Drop ? SocketError.AccessDenied : null, TestPolicy.TrySend(socket));
            }
        }

        Assert.Equal(expected, policy.Rules.Select(rule => rule.Messages));
        Assert.Equal(unmatched, policy.Status.MessagesUnmatched);
        Assert.True(expected.Count(count => count > 0) > 20, $"Only {expected.Count(count => count > 0)} rules at random matched anything.");
    }

    [Fact]
    public void CountersBelongToTheirRuleAndBeginAtZero()
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect();
        PolicyRuleStatus first = policy.Add(PolicyDirection.Egress, PolicyAction.Pass, "127.0.0.1");
        TestPolicy.TrySend(pair.Client, 10);
        TestPolicy.TrySend(pair.Client, 20);
        Assert.Equal((2UL, 30UL), (policy.Rule(first.Id).Messages, policy.Rule(first.Id).Bytes));
        PolicyRuleStatus other = policy.Add(PolicyDirection.Egress, PolicyAction.Pass, "10.0.0.0/8");
        Assert.Equal(2UL, policy.Rule(first.Id).Messages);

        policy.Manager.RemoveRules(policy.Settings.Name, [first.Id]);
        PolicyRuleStatus next = policy.Add(PolicyDirection.Egress, PolicyAction.Pass, "127.0.0.1");

        Assert.True(next.Id > other.Id && other.Id > first.Id);
        Assert.Equal(0UL, policy.Rule(next.Id).Messages);
        TestPolicy.TrySend(pair.Client);
        Assert.Equal(1UL, policy.Rule(next.Id).Messages);
    }

    [Fact]
    public void WhatARuleSaysIsReadBackFromTheKernel()
    {
        using TestPolicy policy = new();
        policy.Add(new PolicyRule
        {
            Direction = PolicyDirection.Egress,
            Action = PolicyAction.NoBypass,
            RemoteAddresses = [.. Enumerable.Range(0, 40).Select(i => AddressRange.Parse($"10.{i}.0.0/16")), AddressRange.Parse("fd00::/8")],
            RemotePorts = [PortRange.Parse("6379"), PortRange.Parse("8000-8100")],
            LocalAddresses = [AddressRange.Parse("192.0.2.0/24")],
            LocalPorts = [PortRange.Parse("1-65535")],
            Cgroups = [policy.Cgroup.Path],
            UserIds = [5, 0],
        });

        PolicyRuleStatus rule = Assert.Single(new PolicyManager(new Sockmap.Bypasses.BypassManagerOptions { BpfFileSystem = policy.Bypass.BpfFileSystem.Path }).GetRules(policy.Settings.Name));

        Assert.Equal(41, rule.RemoteAddress.Count);
        Assert.Contains("10.39.0.0/16", rule.RemoteAddress);
        Assert.Contains("fd00::/8", rule.RemoteAddress);
        Assert.Equal(["6379", "8000-8100"], rule.RemotePort);
        Assert.Equal(["192.0.2.0/24"], rule.LocalAddress);
        Assert.Equal(["1-65535"], rule.LocalPort);
        Assert.Equal([policy.Cgroup.Path], rule.Cgroup);
        Assert.Equal([0U, 5U], rule.Uid);
        Assert.Equal(PolicyAction.NoBypass, rule.Action);
    }

    /// <summary>Whether a rule matches what a socket sends, by its counter; the rule passes, so that the next one is asked too.</summary>
    private static void Match(TestPolicy policy, Socket socket, Func<PolicyRule, PolicyRule> configure, bool matches)
    {
        PolicyRuleStatus rule = policy.Add(configure(new PolicyRule { Direction = PolicyDirection.Egress, Action = PolicyAction.Pass }), position: 1);
        Assert.Null(TestPolicy.TrySend(socket));
        Assert.Equal(matches ? 1UL : 0UL, policy.Rule(rule.Id).Messages);
    }

    private static PolicyRule RandomRule(Random random)
    {
        string Network() => string.Create(
            CultureInfo.InvariantCulture,
            $"127.{random.Next(4)}.{random.Next(4)}.{random.Next(1, 5)}/{(random.Next(50) == 0 ? random.Next(9, 24) : random.Next(30, 33))}");
        PortRange Ports()
        {
            int first = random.Next(1, 65536);
            return new PortRange(first, Math.Min(65535, first + random.Next(random.Next(2) == 0 ? 10 : 8000)));
        }

        return new PolicyRule
        {
            Direction = PolicyDirection.Egress,
            Action = random.Next(3) == 0 ? PolicyAction.Drop : PolicyAction.Pass,
            RemoteAddresses = random.Next(50) > 0 ? [AddressRange.Parse(Network()), AddressRange.Parse(Network())] : [],
            LocalAddresses = random.Next(3) == 0 ? [AddressRange.Parse(Network())] : [],
            RemotePorts = random.Next(3) == 0 ? [Ports(), Ports()] : [],
            LocalPorts = random.Next(3) == 0 ? [Ports()] : [],
        };
    }

    private static bool Matches(PolicyRule rule, IPEndPoint local, IPEndPoint remote) =>
        rule.Direction == PolicyDirection.Egress
        && IsIn(rule.RemoteAddresses, remote.Address) && IsIn(rule.LocalAddresses, local.Address)
        && IsAmong(rule.RemotePorts, remote.Port) && IsAmong(rule.LocalPorts, local.Port);

    private static bool IsIn(IReadOnlyList<IPNetwork> networks, IPAddress address) =>
        networks.Count == 0 || networks.Any(network => AddressRange.Contains(network, address));

    private static bool IsAmong(IReadOnlyList<PortRange> ranges, int port) =>
        ranges.Count == 0 || ranges.Any(range => port >= range.First && port <= range.Last);
}
