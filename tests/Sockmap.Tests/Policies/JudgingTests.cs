using System.Net.Sockets;
using Sockmap.Policies;
using Sockmap.TestKit.Placement;
using Sockmap.Traffic.Options;

namespace Sockmap.Tests.Policies;

/// <summary>What rules refuse is refused by the kernel, with the caller's EACCES, and not a byte of it arrives or is lost.</summary>
public sealed class JudgingTests
{
    /// <summary>The example of the talk in the seeds: 192.0.2.0/24 is dropped, 127.0.0.1 passes.</summary>
    [Fact]
    public void WhatGoesToADeniedNetworkIsRefusedWithEacces()
    {
        using NetworkNamespacePair networks = NetworkNamespacePair.Create();
        using TestPolicy policy = new();
        PolicyRuleStatus rule = policy.Add(PolicyDirection.Egress, PolicyAction.Drop, "192.0.2.0/24");

        using Socket listener = TcpPair.Listen(networks.RightV4, place: networks.Right);
        using TcpPair denied = TcpPair.Connect(listener, place: networks.Left);
        using TcpPair allowed = TcpPair.Connect();

        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(denied.Client, 7));
        Assert.False(TestPolicy.HasData(denied.Server));
        Assert.Null(TestPolicy.TrySend(allowed.Client));
        Assert.Equal(1, allowed.Server.Receive(new byte[10]));
        Assert.Equal((1UL, 7UL), (policy.Rule(rule.Id).Messages, policy.Rule(rule.Id).Bytes));
        Assert.Equal((1UL, 7UL, 1UL), (policy.Status.MessagesDropped, policy.Status.BytesDropped, policy.Status.MessagesUnmatched));
    }

    [Theory]
    [InlineData(SocketFamily.V4, "127.0.0.0/8")]
    [InlineData(SocketFamily.V4, "0.0.0.0/0")]
    [InlineData(SocketFamily.V4, "::/0")]
    [InlineData(SocketFamily.V6, "::1")]
    [InlineData(SocketFamily.V6, "::/0")]
    [InlineData(SocketFamily.MappedServer, "127.0.0.1")]
    [InlineData(SocketFamily.MappedClient, "127.0.0.1")]
    [InlineData(SocketFamily.MappedBoth, "127.0.0.0/8")]
    [InlineData(SocketFamily.MappedBoth, "::ffff:127.0.0.1")]
    public void BothEndsOfEveryFamilyAreJudged(SocketFamily family, string network)
    {
        using TestPolicy policy = new();
        using TcpPair pair = TcpPair.Connect(family);
        Assert.Null(TestPolicy.TrySend(pair.Client));
        Assert.Null(TestPolicy.TrySend(pair.Server));

        PolicyRuleStatus egress = policy.Add(PolicyDirection.Egress, PolicyAction.Drop, network);

        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Client));
        Assert.Equal(SocketError.AccessDenied, TestPolicy.TrySend(pair.Server));
        Assert.Equal(2UL, policy.Rule(egress.Id).Messages);
        policy.Manager.RemoveRules(policy.Settings.Name, [egress.Id]);
        pair.Client.Receive(new byte[1]);
        pair.Server.Receive(new byte[1]);

        PolicyRuleStatus ingress = policy.Add(PolicyDirection.Ingress, PolicyAction.Drop, network);

        Assert.Null(TestPolicy.TrySend(pair.Client, 3));
        Assert.Null(TestPolicy.TrySend(pair.Server, 3));
        Assert.False(TestPolicy.HasData(pair.Server));
        Assert.False(TestPolicy.HasData(pair.Client));
        Assert.True(policy.Rule(ingress.Id).Messages >= 2);
        policy.Manager.RemoveRules(policy.Settings.Name, [ingress.Id]);
        Assert.Equal(3, pair.Client.Receive(new byte[10]));
        Assert.Equal(3, pair.Server.Receive(new byte[10]));
    }
}
