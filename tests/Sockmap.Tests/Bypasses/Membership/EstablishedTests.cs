using System.Net;
using System.Net.Sockets;
using Sockmap.Bypasses;
using Sockmap.Entries;
using Sockmap.Filters;
using Sockmap.Sockets;
using Sockmap.TestKit.Placement;

namespace Sockmap.Tests.Bypasses.Membership;

/// <summary>Connections that were there before the bypass: found without it, by their ends, and put in by the install.</summary>
public sealed class EstablishedTests
{
    [Fact]
    public void AnInstallPutsInWhatMatchesAndLeavesTheRest()
    {
        using InstalledBypass bypass = new();
        using Socket outer = LocalConnection.Listen();
        using LocalConnection outside = new(outer);
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);

        InstallResult result = bypass.Install(options: new InstallOptions { IncludeEstablished = true });

        Assert.Null(result.Established!.Error);
        AdditionResult added = Assert.Single(result.Established.Connections);
        Assert.Equal((connection.ClientPort, true, null), (added.Candidate.LocalPort, added.IsNew, added.Error));
        Assert.Equal(2, result.Bypass.Entries);
        Assert.All(bypass.Entries, entry => Assert.True(entry.WasAdded));
        for (byte i = 0; i < 2; i++)
        {
            connection.Client.Send([i]);
            Assert.Equal([i], LocalConnection.Read(connection.Server, 1));
        }

        Assert.Equal(1UL, bypass.Status.MessagesRedirected);
    }

    [Fact]
    public void AnInstallThatChangesNothingStillPutsThemIn()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        Assert.Null(bypass.Install().Established);

        InstallResult result = bypass.Install(options: new InstallOptions { IncludeEstablished = true });

        Assert.Equal(InstallOutcome.AlreadyInstalled, result.Outcome);
        Assert.True(Assert.Single(result.Established!.Connections).IsNew);
        Assert.Equal(2, bypass.Entries.Count);
    }

    [Fact]
    public void WhatCannotBePutInFailsNoInstall()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection first = new(listener), second = new(listener);

        InstallResult result = bypass.Install(settings => settings with { MaxEntries = 3 }, new InstallOptions { IncludeEstablished = true });

        Assert.Equal(InstallOutcome.Installed, result.Outcome);
        BypassException error = Assert.Single(result.Established!.Connections, connection => connection.Error is not null).Error!;
        Assert.Equal(BypassError.ConnectionNotTaken, error.Error);
    }

    [Fact]
    public void WithoutABypassConnectionsInNoSockmapAreFound()
    {
        using InstalledBypass bypass = new();
        using Socket listener = LocalConnection.Listen();
        using LocalConnection before = new(listener);
        Assert.Null(Find(bypass, before)!.Bypass);

        bypass.Install();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket inner = LocalConnection.Listen();
        using LocalConnection inside = new(inner);

        Assert.NotNull(Find(bypass, before));
        Assert.Null(Find(bypass, inside));
    }

    [Fact]
    public void ACandidateIsMeantByEitherOfItsEnds()
    {
        using InstalledBypass bypass = new();
        using CgroupVisit visit = CgroupVisit.To(bypass.Cgroup);
        using Socket listener = LocalConnection.Listen();
        using LocalConnection connection = new(listener);
        bypass.Install();
        ConnectionCandidate candidate = Assert.Single(bypass.Candidates());
        PortRange client = new(connection.ClientPort, connection.ClientPort);
        int serverPort = ((IPEndPoint)listener.LocalEndPoint!).Port;
        PortRange server = new(serverPort, serverPort);

        Assert.Equal((BypassSettings.DefaultName, bypass.Cgroup.Path), (candidate.Bypass, candidate.Cgroup));
        Assert.Equal(bypass.Cgroup.Path, candidate.RemoteCgroup);
        Assert.True(candidate.HasEnd(new EntryFilter()));
        Assert.True(candidate.HasEnd(new EntryFilter { LocalPorts = [client], RemotePorts = [server] }));
        Assert.True(candidate.HasEnd(new EntryFilter { LocalPorts = [server], RemotePorts = [client] }));
        Assert.False(candidate.HasEnd(new EntryFilter { LocalPorts = [server], RemotePorts = [server] }));
        Assert.True(candidate.HasEnd(new EntryFilter { ProcessIds = [Environment.ProcessId], Cgroups = [bypass.Cgroup.Path] }));
        Assert.False(candidate.HasEnd(new EntryFilter { ProcessIds = [1] }));
        Assert.False(candidate.HasEnd(new EntryFilter { States = [SocketState.Listen] }));
    }

    private static ConnectionCandidate? Find(InstalledBypass bypass, LocalConnection connection) =>
        bypass.Manager.FindCandidates().SingleOrDefault(candidate => candidate.LocalPort == connection.ClientPort);
}
